"""Nothing that must stay with the graders goes out, wherever in an artefact it hides."""

from __future__ import annotations

import json
import py_compile
from pathlib import Path

import pytest

import autograder
from autograder.core.assignment import Assignment, load_assignment
from autograder.release.archive import pack
from autograder.release.leaks import LeakError, Secret, find_leaks, find_unfit, refuse_leaks, secrets_of
from autograder.release.scaffold import scaffold
from autograder.release.student import solution_path, student_files
from autograder.release.unfit import is_engines_own
from tests.conftest import ROOT

ASSIGNMENTS = sorted(path.parent.name for path in (ROOT / "assignments").glob("*/assignment.toml"))
ENGINE = Path(autograder.__file__).parent
PNG = b"\x89PNG\r\n\x1a\n\0\0"

SOLUTION_LINE = "lengths = x.square().sum(dim=1, keepdim=True).sqrt()"
HIDDEN_LINE = 'submission.raises(ValueError, "unit_rows", draw.normal(3), because="a vector has no rows")'
HELPER = """\
# BEGIN SOLUTION
def _own_helper(x):
    halfway_there = x.index_fill(0, x, 1)
    return halfway_there


# END SOLUTION
"""
MUTANT_LINE = "return x / x.norm(dim=0, keepdim=True).clamp(min=1e-12)"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with one assignment, whose hidden tests expect a number and which was calibrated."""
    folder = tmp_path_factory.mktemp("course")
    scaffold(folder, "tiny")
    home, solution = folder / "assignments" / "tiny", folder / "solutions" / "tiny" / "tiny.py"
    with (home / "hidden" / "test_tiny_hidden.py").open("a") as file:
        file.write("\n\nEXPECTED = 0.618034  # the golden ratio\n")
    right = {"solution": [[0.929, 0.935, 0.938], [0.93, 0.932, 0.928], [0.934, 0.92, 0.93]]}
    bar = {"name": "accuracy", "data": "", "device": "cpu", "bar": 0.9, "right": right}
    (home / "calibration.json").write_text(json.dumps({"bars": [bar]}))
    (home / "calibration-accuracy.svg").write_text("<svg/>")
    solution.write_text(f"{solution.read_text()}\n\n{HELPER}")
    return folder


@pytest.fixture(scope="module")
def tiny(course: Path) -> Assignment:
    return load_assignment(course / "assignments" / "tiny")


@pytest.fixture(scope="module")
def secrets(course: Path, tiny: Assignment) -> list[Secret]:
    return secrets_of(course, tiny, solution_path(course, tiny))


@pytest.fixture(scope="module")
def graders_secrets(course: Path, tiny: Assignment) -> list[Secret]:
    return secrets_of(course, tiny, solution_path(course, tiny), graders=True)


# ---------------------------------------------------------------------------------------------------------------------
# What is a leak
# ---------------------------------------------------------------------------------------------------------------------

LEAKS = {
    "line": (f"    {SOLUTION_LINE}", "a line of the solution"),
    "spaced otherwise": (SOLUTION_LINE.replace(" ", "").replace(",", " , "), "a line of the solution"),
    "commented out": (f"# {SOLUTION_LINE}", "a line of the solution"),
    "doctest": (f"    >>> {SOLUTION_LINE}", "a line of the solution"),
    "inside of prose": (f"Write `{SOLUTION_LINE}` and be done.", "a line of the solution"),
    "short line": ("if x.dim()!=2:  # not a matrix", "a line of the solution"),
    "begin": ("# BEGIN SOLUTION", "a solution marker"),
    "nbgrader's end": ("### END SOLUTION", "a solution marker"),
    "inline": ("    x = 1  # SOLUTION", "a solution marker"),
    "prompt": ('""" # BEGIN PROMPT', "a solution marker"),
    "nbgrader's tests": ("### BEGIN HIDDEN TESTS", "a solution marker"),
    "delete this line": ("x = 1 ### DELETE THIS LINE", "a solution marker"),
    "helper": ("    return _own_helper(x)", "a name that only the solution uses"),
    "variable": ("`halfway_there` is a good name", "a name that only the solution uses"),
    "function of a library": ("try torch.index_fill", "a name that only the solution uses"),
    "hidden test": ("see test_unit_rows_at_the_edges", "a hidden test's name"),
    "hidden file": ("python hidden/test_tiny_hidden.py", "a hidden test's name"),
    "line of a hidden test": (HIDDEN_LINE, "a line of a hidden test"),
    "expected value": ("The answer is 0.618034.", "a value that a hidden test expects"),
    "mutant": ("unit_columns is wrong", "the name of a mutant or variant"),
    "variant": ("by_a_function is right", "the name of a mutant or variant"),
    "line of a mutant": (MUTANT_LINE, "a line of a mutant or variant"),
    "line of a variant": ("return torch.nn.functional.normalize(x, dim=1)", "a line of a mutant or variant"),
    "measurement": ("[[0.929, 0.935, 0.938], [0.93, 0.932, 0.928], [0.934, 0.92, 0.93]]", "what calibration measured"),
    "home": ("open /home/ann/course/x.py", "a path of this machine"),
    "home of a Mac": ("File '/Users/ann/x.py'", "a path of this machine"),
    "home of Windows": (r"C:\Users\ann\x.py", "a path of this machine"),
    "temporary folder": ("/tmp/build-1/x.py", "a path of this machine"),
    "path as a URL": ("autograder @ file:///srv/course", "a path of this machine"),
}


def in_words(line: str) -> dict[str, bytes]:
    return {"handout.md": f"one\n{line}\nthree\n".encode()}


def found(files: dict[str, bytes], secrets: list[Secret]) -> list[str]:
    return [*find_unfit(files), *find_leaks(files, secrets)]


@pytest.mark.parametrize("line, what", LEAKS.values(), ids=LEAKS.keys())
def test_leak_is_found_with_its_file_line_and_remedy(line: str, what: str, secrets: list[Secret]) -> None:
    leaks = found(in_words(line), secrets)
    assert any(leak.startswith(f"handout.md:2: the release would show {what}; ") for leak in leaks), leaks
    assert not any("\n" in leak for leak in leaks)


def test_path_of_the_course_is_a_leak(secrets: list[Secret], course: Path) -> None:
    assert "a path of this machine" in found(in_words(f"cd {course.resolve()}"), secrets)[0]


PUBLIC = [
    "`unit_rows` wants a matrix; see test_unit_rows_of_a_matrix",
    'raise NotImplementedError("unit_rows")',
    "def unit_rows(x):",
    "import torch",
    "the solution of this is unique; in the end, tests decide",
    "the helper, the lengths, the columns, the variant, the function",
    "`if x.dim() != 2:` is short enough for prose",
    "0.5, 1000, 2026 and 3.14",
    "https://example.org/home/ann/page, and ~/tmp/x, ./tmp/x, and/or/home/x",
    "`/autograder/results` in the container",
]


@pytest.mark.parametrize("line", PUBLIC)
def test_what_is_public_is_no_leak(line: str, secrets: list[Secret]) -> None:
    assert found(in_words(line), secrets) == []


def test_bars_are_no_leak(secrets: list[Secret], course: Path, tiny: Assignment) -> None:
    files = student_files(course, tiny)
    assert json.loads(files["bars.json"])["bars"][0]["bar"] == 0.9
    assert found(files, secrets) == []


# ---------------------------------------------------------------------------------------------------------------------
# Where it hides
# ---------------------------------------------------------------------------------------------------------------------


def notebook(*sources: str, metadata: object = None, cell_metadata: object = None, **of_cell: object) -> bytes:
    base = {"cell_type": "code", "execution_count": None, "metadata": cell_metadata or {}, "outputs": []}
    cells = [{**base, "source": source.splitlines(keepends=True), **of_cell} for source in sources]
    return json.dumps({"cells": cells, "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5}).encode()


CODE = f'def f(x):\n    """Doc."""\n    {SOLUTION_LINE}\n    {HIDDEN_LINE}\n'
HIDING = {
    "source": ({"a/b.py": CODE.encode()}, "a/b.py:3"),
    "zip": ({"all.zip": pack({"a/b.py": CODE.encode()})}, "all.zip!a/b.py:3"),
    "wheel in a zip": (
        {"all.zip": pack({"x.whl": pack({"autograder/b.py": CODE.encode()})})},
        "all.zip!x.whl!autograder/b.py:3",
    ),
    "notebook": ({"n.ipynb": notebook("import torch", CODE)}, "n.ipynb:cell 2, line 3"),
    "notebook in a zip": ({"all.zip": pack({"n.ipynb": notebook(CODE)})}, "all.zip!n.ipynb:cell 1, line 3"),
    "metadata of a notebook": ({"n.ipynb": notebook("1", metadata={"a": {"b": CODE}})}, "n.ipynb:metadata.a.b"),
    "metadata of a cell": ({"n.ipynb": notebook("1", cell_metadata={"a": CODE})}, "n.ipynb:cell 1.metadata.a"),
    "JSON": ({"config.json": json.dumps({"files": [{"code": CODE}]}).encode()}, "config.json:files.code"),
    "string of Python": ({"q1.py": f"test = {{'code': {CODE!r}}}\n".encode()}, "q1.py:1"),
    "no Python": ({"b.py": f"def f(:\n{CODE}".encode()}, "b.py:4"),
}


@pytest.mark.parametrize("files, where", HIDING.values(), ids=HIDING.keys())
def test_leak_is_found_wherever_it_is(files: dict[str, bytes], where: str, secrets: list[Secret]) -> None:
    leaks = list(find_leaks(files, secrets))
    assert any(leak.startswith(f"{where}: the release would show a line of the solution; ") for leak in leaks), leaks
    assert any("a line of a hidden test" in leak for leak in leaks), leaks


@pytest.mark.parametrize(
    "name", ["tiny/unit_columns.py", "by_a_function.txt", "x/test_tiny_hidden.py", "calibration.json"]
)
def test_file_is_known_by_its_name(name: str, secrets: list[Secret]) -> None:
    (leak,) = find_leaks({"all.zip": pack({name: b"x"})}, secrets)
    assert leak.startswith(f"all.zip!{name}: the release would show ")


def test_refusal_is_one_line_and_keeps_the_others(secrets: list[Secret]) -> None:
    files = {"a.md": SOLUTION_LINE.encode(), "b.md": HIDDEN_LINE.encode()}
    with pytest.raises(LeakError, match=r"^a\.md:1: .*\(and 1 more like this\)$") as caught:
        refuse_leaks(files, secrets)
    assert [leak.split(":")[0] for leak in caught.value.leaks] == ["a.md", "b.md"]


# ---------------------------------------------------------------------------------------------------------------------
# What no artefact may hold
# ---------------------------------------------------------------------------------------------------------------------

UNFIT = {
    "__pycache__/tiny.cpython-312.pyc": "a compiled file",
    "a/tiny.pyc": "a compiled file",
    "lib/x.so": "a compiled file",
    "x.so.1": "a compiled file",
    ".tiny.py.swp": "an editor's",
    "tiny.py~": "an editor's",
    "#tiny.py#": "an editor's",
    ".DS_Store": "an editor's",
    "a/.ipynb_checkpoints/n-checkpoint.ipynb": "an editor's",
    ".idea/workspace.xml": "an editor's",
    ".vscode/settings.json": "an editor's",
    "tiny.py.orig": "an editor's",
    ".git/config": "data of version control",
    "a/.git": "data of version control",
    ".pytest_cache/v/x": "what a tool left behind",
    ".venv/pyvenv.cfg": "what a tool left behind",
    "solutions/tiny/other.py": "a folder of solutions",
    "mutants/x.py": "a folder of solutions",
}


@pytest.mark.parametrize("name", UNFIT)
@pytest.mark.parametrize("wrapped", [False, True], ids=["folder", "zip"])
def test_file_that_no_artefact_may_hold(name: str, wrapped: bool) -> None:
    files = {name: b"text\n"}
    (line,) = find_unfit({"all.zip": pack(files)} if wrapped else files)
    assert line.startswith(f"all.zip!{name}: {UNFIT[name]}" if wrapped else f"{name}: {UNFIT[name]}")
    assert line.endswith("; leave it out")


@pytest.mark.parametrize(
    "name", [".github/workflows/tests.yml", ".gitignore", "tests/q1.py", "a/solution_of_x.md", "so.py"]
)
def test_ordinary_names_are_fit(name: str) -> None:
    assert list(find_unfit({name: b"text\n"})) == []


@pytest.mark.parametrize(
    "data", [b"\x00\x01", b"\xff\xfe\xfd", b"\x1f\x8b\x08\x00gz", b"PK\x03\x04 damaged", "UTF-16".encode("utf-16")]
)
def test_what_nobody_can_read_is_refused(data: bytes) -> None:
    (line,) = find_unfit({"data.bin": data})
    assert "neither text, a zip archive nor a picture" in line


def test_pictures_go_out_where_the_handout_shows_them() -> None:
    shown, lonely = {"handout.md": b"![bar](figures/bar.png)"}, {"handout.md": b"# none\n"}
    assert list(find_unfit({"figures/bar.png": PNG, **shown})) == []
    assert list(find_unfit({"all.zip": pack({"figures/bar.png": PNG, **shown})})) == []
    assert "no handout beside it shows" in next(find_unfit({"figures/bar.png": PNG, **lonely}))
    assert "named as a picture, but none" in next(find_unfit({"figures/bar.png": b"\x00\x01", **shown}))


UNFIT_NOTEBOOKS = {
    "outputs": (notebook("1", outputs=[{"output_type": "stream", "text": "1"}]), "cell 1 has outputs"),
    "count": (notebook("1", execution_count=3), "cell 1 has an execution count"),
    "otter's tests": (
        notebook("1", metadata={"otter": {"tests": {"q1": "assert 1"}}}),
        "metadata holds tests (`tests`)",
    ),
    "cell's tests": (notebook("1", cell_metadata={"test_cases": ["x"]}), "the metadata of cell 1 holds tests"),
    "nbgrader's cell": (
        notebook("1", cell_metadata={"nbgrader": {"grade": True}}),
        "the metadata of cell 1 holds tests",
    ),
    "no notebook": (b"{}", "no notebook of format 4"),
    "no JSON": (b"{", "no notebook of format 4"),
}


@pytest.mark.parametrize("data, reason", UNFIT_NOTEBOOKS.values(), ids=UNFIT_NOTEBOOKS.keys())
def test_notebook_that_may_not_go_out(data: bytes, reason: str) -> None:
    (line,) = find_unfit({"n.ipynb": data})
    assert line.startswith("n.ipynb: ") and reason in line


def test_clean_notebook_is_fit() -> None:
    metadata = {"kernelspec": {"name": "python3"}, "otter": {"assignment_name": "tiny", "tests": {}}}
    assert list(find_unfit({"n.ipynb": notebook("1", metadata=metadata)})) == []


# ---------------------------------------------------------------------------------------------------------------------
# The four failures that courses had in public
# ---------------------------------------------------------------------------------------------------------------------


def test_solution_that_ships_behind_a_mismatched_end_marker_is_refused(secrets: list[Secret], course: Path) -> None:
    """A tool that passes over a misspelt END ships what follows; the lines are known, with and without markers."""
    solution = solution_path(course, load_assignment(course / "assignments" / "tiny")).read_text()
    shipped = "\n".join(line for line in solution.split("\n") if "# BEGIN" not in line and "# END" not in line)
    with pytest.raises(LeakError, match="a line of the solution"):
        refuse_leaks({"tiny.py": shipped.encode()}, secrets)
    with pytest.raises(LeakError, match="a solution marker"):
        refuse_leaks({"tiny.py": b"# END SOLUTIONS\n"}, secrets)


@pytest.mark.parametrize("line", ["x = 1  # SOLUTION", "x = 1  # SOLUTION NO PROMPT", "x = 1  ### DELETE THIS LINE"])
def test_line_marked_for_deletion_that_was_left_in_is_refused(line: str, secrets: list[Secret]) -> None:
    for files in ({"tiny.py": line.encode()}, {"n.ipynb": notebook(line)}):
        with pytest.raises(LeakError, match="a solution marker"):
            refuse_leaks(files, secrets)


def test_compiled_solution_is_refused(secrets: list[Secret], course: Path, tmp_path: Path) -> None:
    """__pycache__ beside a stub holds the solution for anyone who can decompile, whatever the file is called."""
    compiled = py_compile.compile(
        str(solution_path(course, load_assignment(course / "assignments" / "tiny"))), str(tmp_path / "x.pyc")
    )
    data = Path(str(compiled)).read_bytes()
    for name in ("__pycache__/tiny.cpython-311.pyc", "tiny.bin"):
        with pytest.raises(LeakError):
            refuse_leaks({"tiny-student.zip": pack({name: data})}, secrets)


def test_hidden_tests_in_notebook_metadata_are_refused(secrets: list[Secret], tiny: Assignment) -> None:
    hidden = (tiny.hidden_folder / "test_tiny_hidden.py").read_text()
    for metadata in ({"otter": {"tests": {"q1": hidden}}}, {"deep": [{"er": hidden}]}):
        with pytest.raises(LeakError):
            refuse_leaks({"n.ipynb": notebook("1", metadata=metadata)}, secrets)
        leaks = list(find_leaks({"n.ipynb": notebook("1", metadata=metadata)}, secrets))
        assert any("a line of a hidden test" in leak for leak in leaks)


# ---------------------------------------------------------------------------------------------------------------------
# Wheels
# ---------------------------------------------------------------------------------------------------------------------


def engine_sources() -> dict[str, bytes]:
    paths = list(ENGINE.rglob("*.py"))
    return {f"autograder/{path.relative_to(ENGINE).as_posix()}": path.read_bytes() for path in paths}


def test_engine_itself_is_public(secrets: list[Secret]) -> None:
    """Its sources speak of markers and of files by name; as they are, they may go out."""
    wheel = engine_sources() | {"autograder-0.1.0.dist-info/METADATA": b"Name: autograder\n"}
    refuse_leaks({"autograder-0.1.0-py3-none-any.whl": pack(wheel)}, secrets)


def test_engine_with_something_added_is_judged_like_any_file(secrets: list[Secret]) -> None:
    name = "autograder/release/stub.py"
    data = engine_sources()[name] + f"\n# {SOLUTION_LINE}\n".encode()
    assert not is_engines_own(data)
    leaks = list(find_leaks({"x.whl": pack({name: data})}, secrets))
    assert any("a line of the solution" in leak for leak in leaks)


@pytest.mark.parametrize("name", ["assignments/tiny/handout.md", "tests/test_x.py", "autograder.pth", "setup.py"])
def test_wheel_holds_nothing_but_the_engine(name: str) -> None:
    (line,) = find_unfit({"x.whl": pack({name: b"text\n"})})
    assert line.startswith(f"x.whl!{name}: in a wheel and no part of the engine")


# ---------------------------------------------------------------------------------------------------------------------
# Bundles for graders
# ---------------------------------------------------------------------------------------------------------------------


def test_graders_receive_hidden_tests_and_calibrations(graders_secrets: list[Secret], tiny: Assignment) -> None:
    files = {path.relative_to(tiny.folder).as_posix(): path.read_bytes() for path in tiny.folder.rglob("*.*")}
    assert {"hidden/test_tiny_hidden.py", "calibration.json", "calibration-accuracy.svg"} <= set(files)
    refuse_leaks({"bundle.zip": pack(files)}, graders_secrets)


FOR_GRADERS = {
    "a hidden test's name",
    "a line of a hidden test",
    "a value that a hidden test expects",
    "what calibration measured",
}
NEVER = {name: leak for name, leak in LEAKS.items() if leak[1] not in FOR_GRADERS}


@pytest.mark.parametrize("line, what", NEVER.values(), ids=NEVER.keys())
def test_graders_receive_neither_solutions_nor_mutants(line: str, what: str, graders_secrets: list[Secret]) -> None:
    assert any(what in leak for leak in found(in_words(line), graders_secrets))


# ---------------------------------------------------------------------------------------------------------------------
# The course's own assignments
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_every_secret_file_of_the_course_is_found_in_a_handout(name: str) -> None:
    """And what students and graders receive of the assignment passes; else the check would say nothing."""
    assignment = load_assignment(ROOT / "assignments" / name)
    solution = solution_path(ROOT, assignment)
    secrets = secrets_of(ROOT, assignment, solution)
    paths = [solution, *assignment.hidden_folder.glob("*.py")]
    paths += [path for kind in ("mutants", "variants") for path in solution.parent.glob(f"{kind}/*.py")]
    assert len(paths) > 30
    missed = [path.name for path in paths if not any(find_leaks({"handout.md": path.read_bytes()}, secrets))]
    assert missed == []
    assert found(student_files(ROOT, assignment), secrets) == []
    bundle = {path.relative_to(assignment.folder).as_posix(): path.read_bytes() for path in assignment.test_files()}
    assert found(bundle, secrets_of(ROOT, assignment, solution, graders=True)) == []
