"""Solution markers as course staff know them from otter and nbgrader, beyond what tests/test_release.py has of them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from autograder.cli import main
from autograder.errors import MarkerError
from autograder.release.stub import make_stub, secret_line_numbers

FILE = Path("s.py")


def stub_of(text: str) -> str:
    return make_stub(dedent(text).lstrip("\n"), FILE)


def refusal(text: str) -> str:
    with pytest.raises(MarkerError) as caught:
        make_stub(dedent(text).lstrip("\n"), FILE)
    return str(caught.value)


# ---------------------------------------------------------------------------------------------------------------------
# What is understood
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hashes", ["#", "# ", "##", "## ", "###", "### "])
def test_any_number_of_hashes_opens_and_closes_a_region(hashes: str) -> None:
    """Otter writes one, nbgrader three."""
    text = f"def f(x):\n    {hashes}BEGIN SOLUTION\n    return x + 1\n    {hashes}END SOLUTION\n"
    assert stub_of(text) == 'def f(x):\n    raise NotImplementedError("f")\n'


@pytest.mark.parametrize("marker", ["# SOLUTION", "#SOLUTION", "# SOLUTION NO PROMPT", "# SOLUTION   "])
def test_inline_marker_takes_its_statement_away(marker: str) -> None:
    assert stub_of(f"def f(x):\n    y = x + 1  {marker}\n    return x\n") == "def f(x):\n    return x\n"


@pytest.mark.parametrize("quotes", ['"""', "'''"])
@pytest.mark.parametrize("close", ["# END PROMPT", "; # END PROMPT", " # END PROMPT"])
def test_replacement_text_as_in_otters_documentation(quotes: str, close: str) -> None:
    text = (
        "def circumference(r):\n"
        "    # BEGIN SOLUTION NO PROMPT\n"
        "    return 2 * 3.14 * r\n"
        "    # END SOLUTION\n"
        f"    {quotes} # BEGIN PROMPT\n"
        "    # Next, define a circumference function.\n"
        "    pass\n"
        f"    {quotes}{close}\n"
    )
    assert stub_of(text) == "def circumference(r):\n    # Next, define a circumference function.\n    pass\n"


def test_replacement_text_after_a_region_at_top_level() -> None:
    solution = '''
        # BEGIN SOLUTION
        RATE = 0.125
        # END SOLUTION
        """ # BEGIN PROMPT
        RATE = ...  # choose one
        """ # END PROMPT
        '''
    assert stub_of(solution) == "RATE = ...  # choose one\n"


def test_region_in_one_branch_leaves_the_others() -> None:
    solution = """
        def f(x):
            if x:
                # BEGIN SOLUTION
                return 1
                # END SOLUTION
            else:
                return 2
        """
    assert 'if x:\n        raise NotImplementedError("f")\n    else:\n        return 2' in stub_of(solution)


def test_coroutines_and_decorated_methods_are_named_in_full() -> None:
    solution = """
        class C:
            @staticmethod
            async def f(x):
                ### BEGIN SOLUTION
                return x
                ### END SOLUTION
        """
    assert 'raise NotImplementedError("C.f")' in stub_of(solution)


def test_inline_markers_inside_a_region_go_with_it() -> None:
    text = "def f(x):\n    # BEGIN SOLUTION\n    y = x  # SOLUTION\n    return y\n    # END SOLUTION\n"
    assert stub_of(text) == 'def f(x):\n    raise NotImplementedError("f")\n'
    assert secret_line_numbers(text, FILE) == {3, 4}


@pytest.mark.parametrize(
    "comment",
    [
        "# the solution is unique",
        "# at the end, tests of the caller see it",
        "# ignore the sign",
        "# seed of the generator",
        "# hidden units",
        "# type: ignore",
        "# the end of the question",
    ],
)
def test_prose_is_no_marker(comment: str) -> None:
    text = f"X = 1  {comment}\n"
    assert stub_of(text) == text


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------

FOREIGN = {
    "### BEGIN HIDDEN TESTS": "tests belong in the assignment's test_*.py",
    "### END HIDDEN TESTS": "tests belong in the assignment's test_*.py",
    "# BEGIN TESTS": "tests belong in the assignment's test_*.py",
    "# END TESTS": "tests belong in the assignment's test_*.py",
    "# BEGIN TEST CONFIG": "tests belong in the assignment's test_*.py",
    "# BEGIN QUESTION": "questions belong in assignment.toml",
    "# ASSIGNMENT CONFIG": "questions belong in assignment.toml",
    "### BEGIN MARK SCHEME": "how it is marked",
    "# BEGIN IGNORE": "BEGIN SOLUTION and END SOLUTION",
    "# IGNORE": "BEGIN SOLUTION and END SOLUTION",
    "# SEED": "tests seed what they draw",
    "### DELETE THIS LINE": "the comment SOLUTION",
    "# delete this line": "the comment SOLUTION",
    "# --- Remove this cell": "the comment SOLUTION",
}


@pytest.mark.parametrize("marker", FOREIGN)
@pytest.mark.parametrize("code", ["", "y = x  "], ids=["alone", "after code"])
def test_markers_of_other_tools_are_refused_and_say_what_to_do(marker: str, code: str) -> None:
    message = refusal(f"def f(x):\n    {code}{marker}\n    return x\n")
    assert message.startswith(f"s.py:2: `{marker}` has no meaning here: ")
    assert FOREIGN[marker] in message and "\n" not in message


BAD = {
    "end of another region": (
        "def f(x):\n    # BEGIN SOLUTION\n    return x\n    ### END PROMPT\n",
        "s.py:4: `### END PROMPT` looks like a solution marker, but is none",
    ),
    "words after the marker": (
        "def f(x):\n    # BEGIN SOLUTION (3 points)\n    return x\n    # END SOLUTION\n",
        "s.py:2: `# BEGIN SOLUTION (3 points)` looks like a solution marker, but is none",
    ),
    "two on a line": (
        "def f(x):\n    # BEGIN SOLUTION # END SOLUTION\n    return x\n",
        "s.py:2: `# BEGIN SOLUTION # END SOLUTION` looks like a solution marker, but is none",
    ),
    "underscore": (
        "def f(x):\n    # BEGIN_SOLUTION\n    return x\n    # END_SOLUTION\n",
        "s.py:2: `# BEGIN_SOLUTION` looks like a solution marker, but is none",
    ),
    "in a string on the same line": (
        'X = "# BEGIN SOLUTION"\n',
        "s.py:1: a solution marker inside a string",
    ),
    "foreign, in a string": (
        'X = """\n### BEGIN HIDDEN TESTS\n"""\n',
        "s.py:2: a solution marker inside a string",
    ),
    "method without a body": (
        'class C:\n    def f(self):\n        """Doc."""\n        self.x = 1  # SOLUTION\n',
        "s.py:4: the region leaves the function f without a body",
    ),
    "nested function without a body": (
        "def f():\n    def g():\n        # BEGIN SOLUTION NO PROMPT\n        pass\n        # END SOLUTION\n    g()\n",
        "s.py:3: the region leaves the function g without a body",
    ),
    "handler without a body": (
        "try:\n    X = 1\nexcept ValueError:\n    # BEGIN SOLUTION\n    X = 2\n    # END SOLUTION\n",
        "s.py:4: the region leaves the `try` in line 1 without a body",
    ),
    "over several lines, inline": (
        "X = (\n    1\n)  # SOLUTION\n",
        "s.py:3: the region holds no whole statement",
    ),
}


@pytest.mark.parametrize("text, message", BAD.values(), ids=BAD.keys())
def test_refused_with_file_and_line(text: str, message: str) -> None:
    assert refusal(text).startswith(message)


@pytest.mark.parametrize("end", ["# END SOLUTIONS", "# END  SOLUTION!", "# END SOL", ""])
def test_release_with_mismatched_end_markers_writes_nothing(
    end: str, scratch_course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A known public failure: one END misspelt, and the rest of the solution ships."""
    solution = scratch_course / "solutions" / "tiny" / "tiny.py"
    solution.write_text(solution.read_text().replace("# END SOLUTION", end, 1))
    out = scratch_course / "out"
    assert main(["release", "tiny", "--course", str(scratch_course), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert "tiny.py:" in error and error.count("\n") == 1
    assert not out.exists()


@pytest.fixture
def scratch_course(tmp_path: Path) -> Path:
    """A course with an assignment that ``autograder new`` made."""
    assert main(["new", "tiny", "--course", str(tmp_path)]) == 0
    return tmp_path
