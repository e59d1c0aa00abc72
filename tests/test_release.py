"""What students receive: stubs from marked solutions, the folder around them, and nothing that is not theirs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from textwrap import dedent

import pytest

from autograder.cli import main
from autograder.core.assignment import Assignment, load_assignment
from autograder.errors import MarkerError
from autograder.release.cli import every_assignment
from autograder.release.leaks import LeakError, Secret, find_leaks, secrets_of
from autograder.release.stub import COURSE_TOOLS, make_stub, secret_line_numbers
from autograder.release.student import REQUIREMENTS, solution_path, student_files, write_student_folder

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

SOLUTION = '''
def double(x):
    """Twice x."""
    # BEGIN SOLUTION
    return x + x.clone().detach() * 1.0
    # END SOLUTION
'''


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with one assignment, ``tiny``."""
    folder = tmp_path / "course"
    home = folder / "assignments" / "tiny"
    (home / "hidden").mkdir(parents=True)
    for part in ("mutants", "variants"):
        (folder / "solutions" / "tiny" / part).mkdir(parents=True)
    toml = 'title = "Tiny"\nmodule = "tiny"\npoints = 5\n[[question]]\nname = "double"\ntitle = "Doubling"\n'
    (home / "assignment.toml").write_text(toml)
    (home / "handout.md").write_text("# Doubling\nReturn $2x$.\n")
    head = "import torch\n\nfrom autograder import assert_close, points\n\n\n"
    test = '@points({}, question="double")\ndef {}(submission):\n    """Twice."""\n    x = torch.ones(3)\n'
    body = '    assert_close(submission.call("double", x), x * 2)\n'
    (home / "test_tiny.py").write_text(head + test.format(2, "test_double") + body)
    (home / "hidden" / "test_tiny_hidden.py").write_text(head + test.format(3, "test_double_of_zero") + body)
    (folder / "solutions" / "tiny" / "tiny.py").write_text(SOLUTION)
    (folder / "solutions" / "tiny" / "mutants" / "double_is_triple.py").write_text('"""Wrong."""\n')
    return folder


def tiny_of(course: Path) -> Assignment:
    return load_assignment(course / "assignments" / "tiny")


def test_release_writes_the_folder_and_renews_it(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", "--all", "--course", str(course)]) == 0
    folder = course / "student_template" / "tiny"
    assert str(folder) in capsys.readouterr().out
    assert (folder / "tiny.py").read_text().endswith('raise NotImplementedError("double")\n')
    assert (folder / "README.md").read_text().split("\n")[2:5] == ["```", "pytest", "```"]
    (folder / "test_old.py").write_text("")  # of an earlier release
    assert main(["release", "tiny", "--course", str(course)]) == 0
    assert {path.name for path in folder.iterdir()} == set(student_files(course, tiny_of(course)))


def test_release_leaves_a_folder_alone_that_is_something_else(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "tiny" / "my_work.py"
    work.parent.mkdir()
    work.write_text("precious")
    assert main(["release", "tiny", "--course", str(course), "--out", str(tmp_path)]) == 2
    assert "something else than a release" in capsys.readouterr().err
    assert work.read_text() == "precious"


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
    write_student_folder(files, received)
    (rule_of_students,) = load_assignment(received).bars
    assert (rule_of_students.name, rule_of_students.trials, rule_of_students.test) == ("accuracy", 3, "")


def test_students_are_told_what_else_to_install(course: Path) -> None:
    home = course / "assignments" / "tiny"
    (home / "assignment.toml").write_text('requires = ["mlxtend>=0.23"]\n' + (home / "assignment.toml").read_text())
    lines = student_files(course, tiny_of(course))["requirements.txt"].decode().splitlines()
    assert lines == [*REQUIREMENTS, "mlxtend>=0.23"]


def test_pictures_are_passed_over() -> None:
    assert list(find_leaks({"figure.png": b"\xff\xfe"}, [Secret("anything", lambda line: True)])) == []


def test_requirements_are_the_engines() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert tuple(project["dependencies"]) == REQUIREMENTS


# ---------------------------------------------------------------------------------------------------------------------
# The course's own releases
# ---------------------------------------------------------------------------------------------------------------------


def checked_in(name: str) -> dict[str, bytes]:
    folder = TEMPLATE / name
    paths = [path for path in folder.rglob("*") if path.is_file()]
    kept = [path for path in paths if not {".pytest_cache", "__pycache__"} & set(path.parts)]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in kept}


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_student_template_is_fresh(name: str) -> None:
    fresh, present = student_files(ROOT, load_assignment(ROOT / "assignments" / name)), checked_in(name)
    stale = sorted(file for file in fresh.keys() | present.keys() if fresh.get(file) != present.get(file))
    assert not stale, f"student_template/{name} is stale ({', '.join(stale)}); renew it: make release"


def test_student_template_holds_nothing_else() -> None:
    present = {path.name for path in TEMPLATE.iterdir() if path.is_dir()}
    assert present == set(ASSIGNMENTS), "renew student_template/: make release; delete what has no assignment"


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_student_template_leaks_nothing(name: str) -> None:
    assignment = load_assignment(ROOT / "assignments" / name)
    secrets = secrets_of(ROOT, assignment, solution_path(ROOT, assignment))
    assert list(find_leaks(checked_in(name), secrets)) == []


@pytest.fixture(params=ASSIGNMENTS)
def received(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Assignment, Path]:
    """An assignment, and its student folder as a student has it."""
    assignment = load_assignment(ROOT / "assignments" / request.param)
    folder = tmp_path / assignment.name
    write_student_folder(student_files(ROOT, assignment), folder)
    return assignment, folder


def pytest_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a student does; nothing of this pytest session carries over."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder,
        env={**environment, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def total_line(output: str) -> list[str]:
    """The closing table's last row: ["total", got, "of", most]."""
    return next(line.split() for line in output.split("\n") if line.split()[:1] == ["total"])


def test_stub_is_collected_and_scores_nothing(received: tuple[Assignment, Path]) -> None:
    _, folder = received
    done = pytest_in(folder, "--device", "cpu")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "error" not in done.stdout.split("\n")[-2]
    assert total_line(done.stdout)[1] == "0", done.stdout
    assert "not implemented yet" in done.stdout


def test_readme_starts_with_the_command_and_its_example_selects_tests(received: tuple[Assignment, Path]) -> None:
    _, folder = received
    readme = (folder / "README.md").read_text()
    assert readme.split("\n")[2:5] == ["```", "pytest", "```"]
    example = readme.split("`pytest -k ")[1].split("`")[0]
    tests = "".join(path.read_text() for path in folder.glob("test_*.py"))
    assert re.search(rf"def test_\w*{example}", tests)


def test_solution_in_the_folder_passes_all_public_tests(received: tuple[Assignment, Path]) -> None:
    assignment, folder = received
    solution = solution_path(ROOT, assignment)
    (folder / solution.name).write_bytes(solution.read_bytes())
    done = pytest_in(folder, "--device", "cpu")
    assert done.returncode == 0, done.stdout + done.stderr
    _, got, _, most = total_line(done.stdout)
    assert got == most


def test_stub_is_tidy(received: tuple[Assignment, Path]) -> None:
    """Ruff has nothing to say, but that a tool of the course is not in use yet."""
    assignment, folder = received
    file = folder / f"{assignment.module}.py"
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--line-length", "120", "--no-cache"]
    check = [*ruff, "check", *options, "--select", "E,F,W,I", "--output-format", "json", str(file)]
    found = json.loads(subprocess.run(check, capture_output=True, text=True).stdout)
    unused = {f"`{tool}` imported but unused" for tool in COURSE_TOOLS}
    assert [item["message"] for item in found if not (item["code"] == "F401" and item["message"] in unused)] == []
    assert subprocess.run([*ruff, "format", *options, "--check", str(file)], capture_output=True).returncode == 0
