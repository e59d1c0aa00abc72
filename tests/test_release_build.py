"""A release as a whole: the same bytes everywhere, checked before it is written, and what it says of itself."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.core.assignment import Assignment, load_assignment
from autograder.errors import AutograderError
from autograder.release import writing
from autograder.release.archive import pack, unpack
from autograder.release.build import Places, Release, build_release, commit_of
from autograder.release.check import Checker, CheckError
from autograder.release.diff import changes
from autograder.release.student import solution_path
from autograder.release.wheel import WHEEL_NAME, build_wheel, engine_wheel
from autograder.release.writing import write_all
from tests.conftest import ROOT
from tests.tiny_course import make_course

KINDS = ("gradescope", "notebook", "otter", "student")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return make_course(tmp_path / "course")


def tiny_of(course: Path) -> Assignment:
    return load_assignment(course / "assignments" / "tiny")


def built(course: Path) -> Release:
    return build_release(course, tiny_of(course), "unknown")


def rewrite(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text)


# ---------------------------------------------------------------------------------------------------------------------
# The wheel
# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel() -> Mapping[str, bytes]:
    return unpack(engine_wheel().data)


def test_wheel_holds_the_package_and_nothing_else(wheel: Mapping[str, bytes]) -> None:
    kinds = {".py", ".html", ".css", ".js"}
    files = (path for path in (ROOT / "autograder").rglob("*") if path.suffix in kinds)
    modules = {path.relative_to(ROOT).as_posix() for path in files}
    assert "autograder/report/templates/staff.html" in modules
    info = {f"autograder-0.1.0.dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt")}
    assert set(wheel) == modules | info
    assert engine_wheel().name == WHEEL_NAME
    assert b"make demo" not in wheel["autograder-0.1.0.dist-info/METADATA"]  # the course's readme is for staff


def test_wheel_asks_students_for_no_staff_package(wheel: Mapping[str, bytes]) -> None:
    lines = wheel["autograder-0.1.0.dist-info/METADATA"].decode().splitlines()
    wanted = [line.split()[1] for line in lines if line.startswith("Requires-Dist:") and "extra ==" not in line]
    assert sorted(name.split(">")[0] for name in wanted) == ["numpy", "pytest", "safetensors", "torch"]


def test_wheels_record_is_true(wheel: Mapping[str, bytes]) -> None:
    rows = [line.rsplit(",", 2) for line in wheel["autograder-0.1.0.dist-info/RECORD"].decode().splitlines()]
    assert {row[0] for row in rows} == set(wheel)
    for name, digest, size in rows:
        if digest:
            expected = base64.urlsafe_b64encode(hashlib.sha256(wheel[name]).digest()).rstrip(b"=").decode()
            assert (digest, int(size)) == (f"sha256={expected}", len(wheel[name]))


def test_wheel_does_not_depend_on_what_else_lies_in_the_checkout(tmp_path: Path) -> None:
    """Modes, times, byte code, copies and lock files of editors."""
    checkout = tmp_path / "elsewhere"
    shutil.copytree(ROOT / "autograder", checkout / "autograder")
    shutil.copy(ROOT / "pyproject.toml", checkout)
    for name in (
        "__pycache__/cli.cpython-311.pyc",
        "cli.py~",
        ".#cli.py",
        ".cli.py.swp",
        "cli (copy).py",
        "cli.py.orig",
    ):
        junk = checkout / "autograder" / name
        junk.parent.mkdir(exist_ok=True)
        junk.write_text("junk = 1\n")
    (checkout / "autograder" / ".ipynb_checkpoints").mkdir()
    (checkout / "autograder" / ".ipynb_checkpoints" / "cli.py").write_text("junk = 1\n")
    for path in checkout.rglob("*.py"):
        path.chmod(0o700)
        os.utime(path, (0, 0))
    assert build_wheel(checkout).data == engine_wheel().data


def test_without_a_checkout_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(AutograderError, match="not a checkout of the engine") as caught:
        build_wheel(tmp_path)
    assert "\n" not in str(caught.value)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "other"\n')
    with pytest.raises(AutograderError, match="not a checkout of the engine"):
        build_wheel(tmp_path)


def test_a_wheel_of_another_version_than_the_engine_says_is_refused(tmp_path: Path) -> None:
    (tmp_path / "autograder").mkdir()
    (tmp_path / "autograder" / "__init__.py").write_text("")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    rewrite(tmp_path / "pyproject.toml", ('version = "0.1.0"', 'version = "0.2.0"'))
    with pytest.raises(AutograderError, match=r"autograder-0\.2\.0"):
        build_wheel(tmp_path)


# ---------------------------------------------------------------------------------------------------------------------
# The same bytes everywhere
# ---------------------------------------------------------------------------------------------------------------------

BUILD = """
import os, sys
os.umask(int(sys.argv[3], 8))
from pathlib import Path
from autograder.core.assignment import load_assignment
from autograder.release.build import Places, build_release
from autograder.release.writing import write_all
course, out = Path(sys.argv[1]), Path(sys.argv[2])
release = build_release(course, load_assignment(course / "assignments" / "tiny"), "unknown")
write_all(release.contents(Places.of(course, out)))
"""


def test_two_builds_are_identical(tmp_path: Path) -> None:
    """Under another umask, time zone, language, hash seed and path, and a day apart."""
    written = []
    for name, umask, zone, seed in (("a", "022", "UTC", "1"), ("b", "077", "Asia/Tokyo", "2")):
        course = make_course(tmp_path / name / "course")
        for path in course.rglob("*"):
            os.utime(path, (86400 * len(name), 86400 * int(seed)))
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": "C" if name == "a" else "C.UTF-8"}
        command = [sys.executable, "-c", BUILD, str(course), str(tmp_path / name / "out"), umask]
        subprocess.run(command, env=environment, cwd=tmp_path / name, check=True)
        out = tmp_path / name / "out"
        written.append({p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()})
    first, second = written
    assert {f"dist/tiny-{kind}.zip" for kind in KINDS} < set(first)
    assert [name for name in first.keys() | second.keys() if first.get(name) != second.get(name)] == []


# ---------------------------------------------------------------------------------------------------------------------
# What a release says of itself
# ---------------------------------------------------------------------------------------------------------------------


def test_archives_hold_the_folders_the_wheel_and_where_they_come_from(course: Path) -> None:
    rewrite(course / "assignments" / "tiny" / "assignment.toml", ('title = "Tiny"', 'version = "1.3"\ntitle = "Tiny"'))
    release = build_release(course, tiny_of(course), "abc+changes")
    note = {"assignment": "tiny", "version": "1.3", "commit": "abc+changes", "engine": "0.1.0"}
    for archive, folder, files in (
        ("student", "tiny", release.student),
        ("notebook", "tiny-notebook", release.notebook),
    ):
        held = unpack(release.archives[f"tiny-{archive}.zip"])
        assert json.loads(held.pop(f"{folder}/release.json")) == note
        assert held.pop(f"{folder}/{WHEEL_NAME}") == engine_wheel().data
        assert held == {f"{folder}/{name}": data for name, data in files.items()}
        assert not [name for name in files if name.endswith(".whl") or name == "release.json"]
    for kind in ("gradescope", "otter"):
        assert json.loads(unpack(release.archives[f"tiny-{kind}.zip"])["release.json"]) == note


@pytest.fixture
def in_git(course: Path) -> Callable[..., str]:
    """Git in the course, all of it committed."""

    def git(*arguments: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        done = subprocess.run(["git", "-C", str(course), *who, *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "Start")
    return git


def test_the_commit_is_heads_and_changes_are_told(course: Path, in_git: Callable[..., str]) -> None:
    head, outputs = in_git("rev-parse", "HEAD"), Places.of(course, None).all
    assert commit_of(course, outputs) == head
    for output in outputs:  # what a release writes is no source of the next
        output.mkdir()
        (output / "tiny.py").write_text("")
    assert commit_of(course, outputs) == head
    (course / "assignments" / "tiny" / "figure.png").write_bytes(b"")
    assert commit_of(course, outputs) == f"{head}+changes"
    assert commit_of(course, Places.of(course, course.parent / "elsewhere").all) == f"{head}+changes"


def test_outside_of_git_the_commit_is_unknown(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(course.parent))
    assert commit_of(course, ()) == "unknown"
    monkeypatch.setenv("PATH", "")
    assert commit_of(course, ()) == "unknown"


def test_an_assignment_may_not_bear_the_name_of_our_folders(course: Path) -> None:
    (course / "assignments" / "tiny").rename(course / "assignments" / "dist")
    with pytest.raises(AutograderError, match="rename the assignment"):
        build_release(course, load_assignment(course / "assignments" / "dist"), "unknown")


# ---------------------------------------------------------------------------------------------------------------------
# Writing
# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def written(tmp_path: Path) -> Callable[[], dict[str, bytes]]:
    """Everything below the folder of the test."""
    return lambda: {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def contents_of(release: Release, out: Path, mark: bytes) -> dict[Path, Mapping[str, bytes] | bytes]:
    """What a release writes, each file different by a mark."""
    marked: dict[Path, Mapping[str, bytes] | bytes] = {}
    for place, content in release.contents(Places.of(out, out)).items():
        if isinstance(content, bytes):
            marked[place] = mark
        else:
            marked[place] = {**content, "mark.txt": mark}
    return marked


@pytest.mark.parametrize("breaks_at", range(6))
def test_what_fails_while_writing_leaves_all_as_it_was(
    breaks_at: int,
    course: Path,
    tmp_path: Path,
    written: Callable[[], dict[str, bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = built(course)
    write_all(contents_of(release, tmp_path / "out", b"old"))
    before = written()
    moved: list[Path] = []
    rename = Path.rename

    def breaks(self: Path, target: Path) -> Path:
        if self.name.startswith(".writing-"):
            moved.append(self)
            if len(moved) == breaks_at + 1:
                raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "rename", breaks)
        write_all(contents_of(release, tmp_path / "out", b"new"))
    assert len(moved) == breaks_at + 1
    assert written() == before
    write_all(contents_of(release, tmp_path / "out", b"new"))
    assert b"old" not in written().values()
    assert not [path for path in tmp_path.rglob(".*-*") if path.name.startswith((".writing-", ".replaced-"))]


def test_a_full_disk_leaves_all_as_it_was(
    course: Path, tmp_path: Path, written: Callable[[], dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    release = built(course)
    write_all(contents_of(release, tmp_path / "out", b"old"))
    before = written()

    def full(path: Path, content: Mapping[str, bytes] | bytes) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space left"):
        patched.setattr(writing, "_write", full)
        write_all(contents_of(release, tmp_path / "out", b"new"))
    assert written() == before


# ---------------------------------------------------------------------------------------------------------------------
# Checking
# ---------------------------------------------------------------------------------------------------------------------

MARK = "# release: tiny 1.0\n"
STUB = f'{MARK}def double(x):\n    """Twice x."""\n    raise NotImplementedError("double")\n'


def with_student(release: Release, files: Mapping[str, str]) -> Release:
    """A release whose student archive holds other files."""
    held = unpack(release.student_archive) | {f"tiny/{name}": text.encode() for name, text in files.items()}
    return Release(release.assignment, release.student, release.notebook, {"tiny-student.zip": pack(held)})


def refusal(release: Release, solution: str = "def double(x):\n    return x * 2\n") -> str:
    with Checker("fast") as checker, pytest.raises(CheckError) as caught:
        checker.check(release, solution.encode())
    assert "\n" not in str(caught.value)
    return str(caught.value)


EASY = """
from autograder import points

@points({}, question="double")
def test_it_is_there(submission):
    submission.call("name")
"""
BAD_STUBS = {
    "scores": (
        {"tiny.py": f'{STUB}\n\ndef name():\n    """Its own."""\n', "test_easy.py": EASY.format(2)},
        "tiny: the stub passes test_it_is_there and earns 2 points",
    ),
    "does not import": (
        {"tiny.py": f"{MARK}import no_such_module\n\nx = no_such_module\n"},
        "tiny: the stub does not import: ModuleNotFoundError: No module named 'no_such_module'",
    ),
    "untidy": ({"tiny.py": f"{MARK}import os\n\n\n{STUB}"}, "tiny: tiny.py:2: ruff says of the stub: F401"),
    "not formatted": ({"tiny.py": f"{STUB}x = [ 1 ]\n"}, "tiny: tiny.py: the stub is not formatted"),
    "error in collection": (
        {"test_more.py": "import no_such_module\n"},
        "tiny: pytest has an error with the stub: test_more.py",
    ),
    "error in a fixture": (
        {"test_more.py": "def test_more(no_such_fixture):\n    pass\n"},
        "tiny: pytest has an error with the stub: setup of test_more",
    ),
    "no test": ({"test_tiny.py": "\n"}, "tiny: pytest finds no test with the stub"),
}


@pytest.mark.parametrize("files, text", BAD_STUBS.values(), ids=BAD_STUBS.keys())
def test_a_bad_stub_is_refused(files: Mapping[str, str], text: str, course: Path) -> None:
    assert refusal(with_student(built(course), files)).startswith(text)


def test_a_solution_that_fails_is_refused_and_nothing_is_written(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(solution_path(course, tiny_of(course)), ("x + x.clone().detach() * 1.0", "x + x.clone().detach() * 1.5"))
    assert main(["release", "tiny", "--course", str(course), "--check=fast"]) == 2
    error = capsys.readouterr().err
    assert "autograder: tiny: the solution fails test_double in the released folder: double(" in error
    assert "nothing was written" in error
    assert {path.name for path in course.iterdir()} == {"assignments", "solutions"}


def test_a_test_worth_nothing_may_pass_on_a_stub(course: Path) -> None:
    stub = f'{STUB}\n\ndef name():\n    """Its own."""\n'
    release = with_student(built(course), {"tiny.py": stub, "test_easy.py": EASY.format(0)})
    with Checker("fast") as checker:
        seen = checker.check(release, b"def double(x):\n    return x * 2\n\n\ndef name():\n    pass\n")
    assert seen.startswith("2 public tests in this environment: the stub imports, is tidy and scores 0 of 2, ")


def test_the_fast_check_runs_the_wheels_engine(course: Path) -> None:
    """Not that of the checkout: a module that is missing in the wheel is missed."""
    release = built(course)
    broken = {**unpack(engine_wheel().data), "autograder/checks/__init__.py": b"raise RuntimeError('of the wheel')\n"}
    held = unpack(release.student_archive) | {f"tiny/{WHEEL_NAME}": pack(broken)}
    text = refusal(Release(release.assignment, release.student, release.notebook, {"tiny-student.zip": pack(held)}))
    assert "of the wheel" in text


def test_a_release_installs_and_runs_in_a_fresh_environment(
    course: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a student does, from nothing: the package index, or wheels on disk, must be within reach."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # must not reach the student's interpreter
    assert main(["release", "tiny", "--course", str(course)]) == 0
    said = capsys.readouterr().out
    assert "tiny: 1 public test in a fresh environment: the stub imports, is tidy and scores 0 of 2" in said
    assert (course / "dist" / "tiny-student.zip").exists()


# ---------------------------------------------------------------------------------------------------------------------
# What changed since the last release
# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def old(course: Path, tmp_path: Path) -> Iterator[Path]:
    """The folder with the archives of a first release."""
    for name, data in built(course).archives.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_no_change_is_told(course: Path, old: Path) -> None:
    for kind in ("student", "notebook"):
        assert list(changes(built(course), old / f"tiny-{kind}.zip")) == [
            "tiny: release 1.0 (unknown), now 1.0 (unknown)",
            "  nothing that students have changes",
        ]


def test_changes_are_told_by_function_section_test_and_points(course: Path, old: Path) -> None:
    home, solution = course / "assignments" / "tiny", solution_path(course, tiny_of(course))
    rewrite(solution, ("Twice x.", "Two times x."))
    solution.write_text(solution.read_text() + "\n\nclass Net:\n    def go(self):\n        return 1\n")
    rewrite(home / "handout.md", ("Return $2x$.\n", "Return $2x$, a new tensor.\n\n## Halving\n"))
    test = '\n\n@points("1.5", question="double")\ndef test_more(submission):\n    """More of it."""\n'
    (home / "test_tiny.py").write_text((home / "test_tiny.py").read_text().replace("points(2", "points(3") + test)
    rewrite(home / "assignment.toml", ("points = 5", "points = 7.5"), ("Doubling", "Twice"))
    (home / "figure.png").write_bytes(b"\x89PNG")
    rewrite(home / "handout.md", ("# Doubling\n", "# Doubling\n![It](figure.png)\n"))
    told = list(changes(built(course), old / "tiny-student.zip"))
    assert told[1:-1] == [
        "  assignment.toml: points 5 -> 7.5",
        "  assignment.toml: question changed",
        "  figure.png: new",
        '  handout.md: new: "Halving"',
        '  handout.md: changed: "Doubling"',
        '  test_tiny.py: new: "More of it." (test_more, 1.5 points)',
        '  test_tiny.py: changed: "Twice." (test_double, 3 points)',
        "  test_tiny.py: test_double: 2 points -> 3 points",
        "  tiny.py: new: Net.go",
        "  tiny.py: changed: double, what stands outside of functions",
    ]
    assert told[-1].startswith("warning: this differs from release 1.0; give it a higher version in ")
    verbose = list(changes(built(course), old / "tiny-student.zip", verbose=True))
    assert '-    """Twice x."""' in verbose
    assert '+    """Two times x."""' in verbose


def test_a_higher_version_needs_no_warning(course: Path, old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(course / "assignments" / "tiny" / "assignment.toml", ('title = "Tiny"', 'version = "1.1"\ntitle = "Tiny"'))
    before = set(course.rglob("*"))
    assert main(["release", "tiny", "--course", str(course), "--diff", str(old / "tiny-notebook.zip")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("tiny: release 1.0 (unknown), now 1.1 (unknown)\n")
    assert "warning" not in said
    assert set(course.rglob("*")) == before


def test_an_engine_that_differs_under_the_same_version_is_told(course: Path, old: Path) -> None:
    archive = old / "tiny-student.zip"
    archive.write_bytes(pack(unpack(archive.read_bytes()) | {f"tiny/{WHEEL_NAME}": b"other"}))
    assert "warning: the engine differs, its version does not" in list(changes(built(course), archive))[-1]


def test_diff_with_what_is_no_release_is_refused(course: Path, old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (old / "text.zip").write_text("no archive")
    (old / "other.zip").write_bytes(pack({"a.txt": b""}))
    note = {"assignment": "huge", "version": "1.0", "commit": "unknown"}
    (old / "huge.zip").write_bytes(pack({"huge/release.json": json.dumps(note).encode()}))
    for name, text in (
        ("text.zip", "no archive of a release"),
        ("other.zip", "no archive of a release"),
        ("huge.zip", "a release of huge, not of tiny"),
        ("gone.zip", "not found"),
    ):
        assert main(["release", "tiny", "--course", str(course), "--diff", str(old / name)]) == 2
        error = capsys.readouterr().err
        assert text in error
        assert error.count("\n") == 1
