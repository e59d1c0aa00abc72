"""What students receive: stubs from marked solutions, the folder around them, and nothing that is not theirs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import dedent

import pytest

from autograder.cli import main
from autograder.core.assignment import Assignment, load_assignment
from autograder.core.decimals import plain_decimal
from autograder.core.release_mark import made_from
from autograder.errors import AssignmentError, MarkerError
from autograder.release.build import Places, build_release
from autograder.release.check import Checker
from autograder.release.cli import every_assignment
from autograder.release.leaks import LeakError, Secret, find_leaks, secrets_of
from autograder.release.notebook import notebook_files
from autograder.release.otter import read_tests
from autograder.release.stub import make_stub, secret_line_numbers
from autograder.release.student import solution_path, student_files
from autograder.release.wheel import WHEEL_NAME
from autograder.release.writing import write_all
from tests.tiny_course import SOLUTION, make_course

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "student_template"
FILE = Path("s.py")
ASSIGNMENTS = every_assignment(ROOT)


def stub_of(text: str) -> str:
    return make_stub(dedent(text).lstrip("\n"), FILE)


# ---------------------------------------------------------------------------------------------------------------------
# Stubs
# ---------------------------------------------------------------------------------------------------------------------


def test_stub_keeps_what_is_public_and_names_what_is_missing() -> None:
    solution = '''
        """About."""

        import itertools
        import math
        from collections.abc import (
            Callable,
            Iterator,
        )

        import torch
        from torch import Tensor

        SIZE = 3

        # BEGIN SOLUTION
        def _helper(x):
            return x * math.pi
        # END SOLUTION


        def area(r: Tensor, f: Callable) -> Tensor:
            """r to its area."""
            # BEGIN SOLUTION
            # the helper knows pi
            return _helper(r**2)

            # that was it
            # END SOLUTION


        class Net:
            """A net."""

            def __init__(self, n: int):
                self.n = n
                self.w = torch.zeros(n)  # SOLUTION

            # BEGIN SOLUTION
            def _secret(self) -> Iterator:
                return itertools.count()

            # END SOLUTION
            def forward(self):
                ### BEGIN SOLUTION
                return next(self._secret())
                ### END SOLUTION


        def last():
            def inner():
                # BEGIN SOLUTION
                return 1
                # END SOLUTION

            return inner
        '''
    assert stub_of(solution) == dedent(
        '''
        """About."""

        from collections.abc import Callable

        import torch
        from torch import Tensor

        SIZE = 3


        def area(r: Tensor, f: Callable) -> Tensor:
            """r to its area."""
            raise NotImplementedError("area")


        class Net:
            """A net."""

            def __init__(self, n: int):
                self.n = n

            def forward(self):
                raise NotImplementedError("Net.forward")


        def last():
            def inner():
                raise NotImplementedError("last.inner")

            return inner
        '''
    ).lstrip("\n")


def test_prompt_stands_in_for_a_region() -> None:
    solution = '''
        def f(x):
            y = x + 1
            # BEGIN SOLUTION NO PROMPT
            y = y * 2
            # END SOLUTION
            """ # BEGIN PROMPT
            # Double y here.
            y = ...
            """ # END PROMPT
            return y
        '''
    assert stub_of(solution) == dedent(
        """
        def f(x):
            y = x + 1
            # Double y here.
            y = ...
            return y
        """
    ).lstrip("\n")


def test_region_without_prompt_vanishes_in_a_function_that_keeps_a_body() -> None:
    solution = """
        def f(x):
            # BEGIN SOLUTION NO PROMPT
            x = x + 1
            # END SOLUTION
            return x
        """
    assert stub_of(solution) == "def f(x):\n    return x\n"


def test_import_that_the_solution_does_not_use_is_the_authors_wish() -> None:
    assert stub_of("import math\n\nX = 1\n") == "import math\n\nX = 1\n"


def test_annotation_in_quotes_keeps_its_import() -> None:
    solution = """
        from fractions import Fraction


        def f() -> "list[Fraction]":
            # BEGIN SOLUTION
            return [Fraction(1, 2)]
            # END SOLUTION
        """
    assert "import Fraction" in stub_of(solution)


BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
BAD_MARKERS = {
    "nested": (f"def f():\n    {BEGIN}\n    {BEGIN}\n    return 1\n    {END}\n", 3, "inside the region that begins"),
    "no end": (f"def f():\n    {BEGIN}\n    return 1\n", 2, "BEGIN SOLUTION without END SOLUTION"),
    "no begin": (f"def f():\n    return 1\n    {END}\n", 3, "END SOLUTION without BEGIN SOLUTION"),
    "end twice": (f"def f():\n    {BEGIN}\n    return 1\n    {END}\n    {END}\n", 5, "without BEGIN SOLUTION"),
    "in a docstring": (f'def f():\n    """\n    {BEGIN}\n    """\n    return 1\n', 3, "inside a string"),
    "in an f-string": (f"def f(x):\n    return f'{{x}} {END}'\n", 2, "inside a string"),
    "misspelt": (
        f"def f():\n    {BEGIN}\n    return 1\n    # END SOLUTIONS\n    {END}\n",
        4,
        "looks like a",
    ),
    "lower case": ("def f():\n    # begin solution\n    return 1\n", 2, "looks like a"),
    "decorated": (
        f"def f():\n    {BEGIN}\n    return 1\n    # --- END SOLUTION ---\n",
        4,
        "looks like a",
    ),
    "not alone": (f"def f():\n    x = 1  {BEGIN}\n    return x\n    {END}\n", 2, "belongs on a line of its own"),
    "inline alone": ("def f():\n    # SOLUTION\n    return 1\n", 2, "belongs on the end of a line"),
    "indent differs": (f"def f():\n    {BEGIN}\n    return 1\n{END}\n", 4, "not indented as its BEGIN"),
    "indent of code differs": (f"def f():\n  {BEGIN}\n    return 1\n  {END}\n", 2, "not indented as its code"),
    "half a statement": (
        f"def f():\n    x = [\n    {BEGIN}\n    1,\n    ]\n    return x\n    {END}\n",
        3,
        "in half",
    ),
    "half, inline": ("def f():\n    x = [\n        1,  # SOLUTION\n    ]\n    return x\n", 3, "no whole statement"),
    "two blocks": (
        f"def f(x):\n    if x:\n        {BEGIN}\n        x = 1\n    else:\n        x = 2\n        {END}\n",
        3,
        "reaches over the end of a block",
    ),
    "empty": (f"def f():\n    {BEGIN}\n    # nothing\n    {END}\n    return 1\n", 2, "no whole statement"),
    "no body": (
        f"def f():\n    {BEGIN} NO PROMPT\n    return 1\n    {END}\n",
        2,
        "the function f without a body",
    ),
    "docstring left": (
        f'def f():\n    """Doc."""\n    {BEGIN} NO PROMPT\n    return 1\n    {END}\n',
        3,
        "the function f without a body",
    ),
    "no body, inline": ("def f():\n    return 1  # SOLUTION\n", 2, "the function f without a body"),
    "class without body": (f"class C:\n    {BEGIN}\n    x = 1\n    {END}\n", 2, "leaves the class C without a body"),
    "loop without body": (
        f"def f():\n    for _ in ():\n        {BEGIN} NO PROMPT\n        pass\n        {END}\n    return 1\n",
        3,
        "leaves the `for` in line 2 without a body",
    ),
    "prompt with no code": (
        f'def f():\n    {BEGIN}\n    return 1\n    {END}\n    """ # BEGIN PROMPT\n    # go\n    """ # END PROMPT\n',
        2,
        "the function f without a body",
    ),
    "prompt alone": ('def f():\n    """ # BEGIN PROMPT\n    x\n    """ # END PROMPT\n', 2, "right after END SOLUTION"),
    "prompt without end": (
        f'def f():\n    {BEGIN}\n    return 1\n    {END}\n    """ # BEGIN PROMPT\n    x\n    """\n',
        5,
        "inside a string",
    ),
    "prompt is no Python": (
        f'def f():\n    {BEGIN}\n    return 1\n    {END}\n    """ # BEGIN PROMPT\n    x = = 1\n    """ # END PROMPT\n',
        2,
        "without the solution this is no Python",
    ),
    "no Python": ("def f(:\n    pass\n", 1, "not valid Python"),
}


@pytest.mark.parametrize("text, line, reason", BAD_MARKERS.values(), ids=BAD_MARKERS.keys())
def test_bad_markers_are_refused_in_one_line_with_file_and_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(MarkerError) as caught:
        make_stub(text, FILE)
    message = str(caught.value)
    assert message.startswith(f"s.py:{line}: "), message
    assert reason in message and "\n" not in message


def test_secret_lines_are_those_of_the_regions() -> None:
    text = (
        "def f(x):\n"
        "    x = x + 1  # SOLUTION NO PROMPT\n"
        "    # BEGIN SOLUTION\n"
        "    # why\n"
        "    return x\n"
        "    # END SOLUTION\n"
        '    """ # BEGIN PROMPT\n'
        "    return ...\n"
        '    """ # END PROMPT\n'
    )
    assert secret_line_numbers(text, FILE) == {2, 4, 5}


# ---------------------------------------------------------------------------------------------------------------------
# The folder
# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with one assignment, ``tiny``."""
    return make_course(tmp_path / "course")


def tiny_of(course: Path) -> Assignment:
    return load_assignment(course / "assignments" / "tiny")


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder by path within it, without what running pytest there leaves."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    kept = [path for path in paths if not {".pytest_cache", "__pycache__"} & set(path.parts)]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in kept}


def test_release_writes_the_folder_and_renews_it(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", "--all", "--course", str(course), "--check=fast"]) == 0
    folder = course / "student_template" / "tiny"
    said = capsys.readouterr().out
    assert "tiny: 1 public test in this environment: the stub imports, is tidy and scores 0 of 2" in said
    assert str(folder) in said
    names = {f"tiny-{kind}.zip" for kind in ("student", "notebook", "gradescope", "otter")}
    assert {path.name for path in (course / "dist").iterdir()} == names
    assert (folder / "tiny.py").read_text().endswith('raise NotImplementedError("double")\n')
    assert (folder / "README.md").read_text().split("\n")[2:5] == ["```", "pytest", "```"]
    (folder / "test_old.py").write_text("")  # of an earlier release
    write_all(build_release(course, tiny_of(course), "unknown").contents(Places.of(course, None)))
    assert contents(folder) == student_files(course, tiny_of(course))
    assert contents(course / "student_template" / "notebooks" / "tiny") == notebook_files(course, tiny_of(course))


def test_release_leaves_a_folder_alone_that_is_something_else(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "tiny" / "my_work.py"
    work.parent.mkdir()
    work.write_text("precious")
    assert main(["release", "tiny", "--course", str(course), "--out", str(tmp_path), "--check=fast"]) == 2
    assert "something else than a release" in capsys.readouterr().err
    assert work.read_text() == "precious"
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize(
    "arguments, text",
    [
        (["--all", "tiny"], "name the assignments to release, or give --all"),
        ([], "name the assignments to release, or give --all"),
        (["huge"], "no assignment 'huge'"),
    ],
)
def test_release_refuses_in_one_line(
    arguments: list[str], text: str, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["release", *arguments, "--course", str(course)]) == 2
    error = capsys.readouterr().err
    assert text in error and error.count("\n") == 1


@pytest.mark.parametrize("gone", ["handout.md", "test_tiny.py"])
def test_release_says_what_is_missing(gone: str, course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (course / "assignments" / "tiny" / gone).unlink()
    assert main(["release", "tiny", "--course", str(course)]) == 2
    assert gone.split(".")[-1] in capsys.readouterr().err


LEAKS = {
    "solution": ("return x+x.clone().detach()*1.0  # spaced otherwise", "a line of the solution"),
    "marker": ("# END SOLUTION", "a solution marker"),
    "hidden test": ("as `test_double_of_zero` says", "a hidden test's name"),
    "mutant": ("see double_is_triple", "the name of a mutant or variant"),
}


@pytest.mark.parametrize("line, what", LEAKS.values(), ids=LEAKS.keys())
def test_release_refuses_leaks(line: str, what: str, course: Path) -> None:
    handout = course / "assignments" / "tiny" / "handout.md"
    handout.write_text(f"# Doubling\n    {line}\n")
    with pytest.raises(LeakError, match=f"handout.md:2: the release would show {what}"):
        student_files(course, tiny_of(course))


def test_release_refuses_the_path_of_this_machine(course: Path) -> None:
    (course / "assignments" / "tiny" / "handout.md").write_text(f"cd {course.resolve()}\n")
    with pytest.raises(LeakError, match="a path of this machine"):
        student_files(course, tiny_of(course))


def test_public_words_are_no_leak(course: Path) -> None:
    """What a test's name starts with, and a line that also stands outside of the regions, may be shown."""
    solution = solution_path(course, tiny_of(course))
    public = "EXAMPLE = [number * 2 for number in range(10)]"
    solution.write_text(f"{public}\n{SOLUTION.replace('return', public + chr(10) + '    return', 1)}")
    (course / "assignments" / "tiny" / "handout.md").write_text(f"test_double\n{public}\n")
    student_files(course, tiny_of(course))


def test_of_a_calibration_students_receive_the_bar_alone(course: Path) -> None:
    """Neither what was measured, nor the name of the hidden test that measures."""
    home = course / "assignments" / "tiny"
    toml = (home / "assignment.toml").read_text()
    rule = '[[bar]]\nname = "accuracy"\ntest = "test_double_of_zero"\ntrials = 3\n'
    (home / "assignment.toml").write_text(toml.replace("[[question]]", f"{rule}[[question]]", 1))
    entry = {"name": "accuracy", "data": "", "device": "cpu", "bar": 0.9, "right": {"solution": [[0.95]]}}
    (home / "calibration.json").write_text(json.dumps({"bars": [entry]}))
    files = student_files(course, tiny_of(course))
    assert "calibration.json" not in files
    assert json.loads(files["bars.json"]) == {"bars": [{"name": "accuracy", "data": "", "device": "cpu", "bar": 0.9}]}
    received = course / "received"
    write_all({received: files})
    (rule_of_students,) = load_assignment(received).bars
    assert (rule_of_students.name, rule_of_students.trials, rule_of_students.test) == ("accuracy", 3, "")


def test_students_are_told_what_else_to_install(course: Path) -> None:
    home = course / "assignments" / "tiny"
    (home / "assignment.toml").write_text('requires = ["mlxtend>=0.23"]\n' + (home / "assignment.toml").read_text())
    lines = student_files(course, tiny_of(course))["requirements.txt"].decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [f"./{WHEEL_NAME}", "mlxtend>=0.23"]


def test_stub_names_its_release_in_its_first_line(course: Path) -> None:
    home = course / "assignments" / "tiny"
    (home / "assignment.toml").write_text('version = "1.2"\n' + (home / "assignment.toml").read_text())
    stub = student_files(course, tiny_of(course))["tiny.py"]
    assert stub.split(b"\n")[0] == b"# release: tiny 1.2"
    assert made_from(stub) == ("tiny", "1.2")


def test_figures_of_the_handout_go_along(course: Path) -> None:
    home = course / "assignments" / "tiny"
    (home / "figures").mkdir()
    (home / "figures" / "a.png").write_bytes(b"\x89PNG")
    (home / "b.svg").write_text("<svg/>")
    (home / "unused.png").write_bytes(b"\x89PNG")
    (home / "handout.md").write_text(
        '![A](figures/a.png "A title") ![web](https://example.org/c.png)\n<img width="3" src="b.svg">\n'
    )
    files = student_files(course, tiny_of(course))
    assert files["figures/a.png"] == b"\x89PNG"
    assert files["b.svg"] == b"<svg/>"
    assert not [name for name in files if name.endswith(("unused.png", "c.png"))]


BAD_FIGURES = {
    "missing": ("gone.png", "there is no gone.png beside the handout"),
    "outside": ("../../solutions/tiny/a.png", "is outside of the assignment's folder"),
    "absolute": ("/etc/a.png", "is outside of the assignment's folder"),
    "no picture": ("hidden/test_tiny_hidden.py", "is no picture"),
}


@pytest.mark.parametrize("name, text", BAD_FIGURES.values(), ids=BAD_FIGURES.keys())
def test_figures_that_students_would_not_have_are_refused(name: str, text: str, course: Path) -> None:
    (course / "assignments" / "tiny" / "handout.md").write_text(f"# Doubling\n![It]({name})\n")
    with pytest.raises(AssignmentError, match=re.escape(text)) as caught:
        student_files(course, tiny_of(course))
    assert "handout.md:2: " in str(caught.value)


def test_a_link_to_a_picture_elsewhere_is_refused(course: Path) -> None:
    home = course / "assignments" / "tiny"
    (course / "solutions" / "tiny" / "answer.png").write_bytes(b"\x89PNG")
    (home / "a.png").symlink_to(course / "solutions" / "tiny" / "answer.png")
    (home / "handout.md").write_text("![It](a.png)\n")
    with pytest.raises(AssignmentError, match="outside of the assignment's folder"):
        student_files(course, tiny_of(course))


def test_pictures_are_passed_over() -> None:
    assert list(find_leaks({"figure.png": b"\xff\xfe"}, [Secret("anything", lambda line: True)])) == []


# ---------------------------------------------------------------------------------------------------------------------
# The course's own releases
# ---------------------------------------------------------------------------------------------------------------------


KINDS = {"": student_files, "notebooks/": notebook_files}


@pytest.mark.parametrize("kind", KINDS, ids=["student", "notebook"])
@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_student_template_is_fresh(name: str, kind: str) -> None:
    fresh = KINDS[kind](ROOT, load_assignment(ROOT / "assignments" / name))
    present = contents(TEMPLATE / kind / name)
    stale = sorted(file for file in fresh.keys() | present.keys() if fresh.get(file) != present.get(file))
    assert not stale, f"student_template/{kind}{name} is stale ({', '.join(stale)}); renew it: make release"


@pytest.mark.parametrize("folder, others", [(TEMPLATE, {"notebooks"}), (TEMPLATE / "notebooks", set())])
def test_student_template_holds_nothing_else(folder: Path, others: set[str]) -> None:
    present = {path.name for path in folder.iterdir() if path.is_dir()}
    assert present == {*ASSIGNMENTS, *others}, "renew student_template/: make release; delete what has no assignment"


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_student_template_leaks_nothing(name: str) -> None:
    assignment = load_assignment(ROOT / "assignments" / name)
    secrets = secrets_of(ROOT, assignment, solution_path(ROOT, assignment))
    assert list(find_leaks({**contents(TEMPLATE / name), **contents(TEMPLATE / "notebooks" / name)}, secrets)) == []


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_readme_starts_with_the_command_and_its_example_selects_tests(name: str) -> None:
    readme = (TEMPLATE / name / "README.md").read_text()
    assert readme.split("\n")[2:5] == ["```", "pytest", "```"]
    example = readme.split("`pytest -k ")[1].split("`")[0]
    tests = "".join(path.read_text() for path in (TEMPLATE / name).glob("test_*.py"))
    assert re.search(rf"def test_\w*{example}", tests)


@pytest.mark.parametrize("name", ["tensor_ops", "mlp_mnist"])
def test_stub_scores_nothing_and_the_solution_everything(name: str) -> None:
    """What `release` checks itself, of every assignment; here one without training and data, and one with both.

    That this check notices what is wrong is tested in test_release_build.py.
    """
    assignment = load_assignment(ROOT / "assignments" / name)
    with Checker("fast") as checker:
        seen = checker.check(build_release(ROOT, assignment, "unknown"), solution_path(ROOT, assignment).read_bytes())
    public = sum(test.points for test in read_tests(assignment) if not test.hidden)
    assert f" scores 0 of {plain_decimal(public)}, the solution {plain_decimal(public)} (" in seen
