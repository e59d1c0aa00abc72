"""Variants and mutants are laid over the solution."""

import pytest

from autograder.errors import AssignmentError
from autograder.selftest.compose import caught_by, causes_of, compose

SOLUTION = '''"""Doc."""
import torch

CONSTANT = 1


# BEGIN SOLUTION
def _helper(x):
    return x
# END SOLUTION


@torch.no_grad()
def f(x):
    """f."""
    # BEGIN SOLUTION
    return _helper(x)  # a comment
    # END SOLUTION


class A:
    def m(self):
        y = 1  # SOLUTION
        return y


def g(x):
    return f(x)
'''


def run(source: str) -> dict:
    namespace: dict = {}
    exec(compile(source, "composed", "exec"), namespace)
    return namespace


def test_definitions_replace_those_of_the_same_name():
    fragment = """\"\"\"Wrong.\"\"\"
import math

CAUGHT_BY = ("test_f",)
CAUSES = ("factor 2",)
K = 5

def extra():
    return K

def f(x):
    return extra() + math.floor(x)
"""
    text = compose(SOLUTION, fragment)
    found = run(text)
    assert found["g"](1.5) == 6
    assert "CAUGHT_BY" not in text
    assert "CAUSES" not in text
    assert "SOLUTION" not in text
    assert "Wrong." not in text
    assert text.count("def f(") == 1
    assert "@torch.no_grad()" not in text


def test_a_class_is_replaced_whole_and_the_rest_is_kept():
    text = compose(SOLUTION, "class A:\n    def m(self):\n        return 2\n")
    found = run(text)
    assert found["A"]().m() == 2
    assert found["g"](3) == 3
    assert "# a comment" in text


def test_nothing_laid_over_leaves_the_solution_without_markers():
    text = compose(SOLUTION, "")
    assert run(text)["A"]().m() == 1
    assert "SOLUTION" not in text


def test_a_mutant_names_its_tests():
    assert caught_by('"""x"""\nCAUGHT_BY = ("test_a", "test_b")\n') == ("test_a", "test_b")
    for text in ("x = 1\n", "CAUGHT_BY = ()\n", "CAUGHT_BY = ('a')\n"):
        with pytest.raises(AssignmentError, match="CAUGHT_BY"):
            caught_by(text)
    with pytest.raises(AssignmentError, match="does not parse: line 1"):
        compose(SOLUTION, "def f(:\n")


def test_a_mutant_may_name_the_diagnoses_that_are_right():
    assert causes_of('CAUSES = ("factor 2", "NaN in *")\n') == ("factor 2", "NaN in *")
    assert causes_of("x = 1\n") == ()
    for text in ("CAUSES = ()\n", "CAUSES = ('a')\n", "CAUSES = (1,)\n", "CAUSES = causes()\n", "CAUSES = ('',)\n"):
        with pytest.raises(AssignmentError, match="which diagnoses of it are right: CAUSES"):
            causes_of(text)
    with pytest.raises(AssignmentError, match="which tests catch it"):
        caught_by("CAUGHT_BY = names()\n")


def test_a_future_import_of_the_solution_is_not_repeated():
    solution = SOLUTION.replace("import torch", "from __future__ import annotations\n\nimport torch")
    composed = compose(solution, "from __future__ import annotations\nimport math\n\ndef g(x):\n    return math.pi\n")
    assert composed.count("__future__") == 1
    assert run(composed)["g"](1) > 3


@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        (
            "from __future__ import annotations\n",
            "line 1: `from __future__ import annotations` must stand",
        ),
        ("import math\ng = lambda x: 0\n", "line 2: assigns g"),
    ],
)
def test_what_would_have_no_effect_is_refused(fragment, said):
    with pytest.raises(AssignmentError, match=said):
        compose(SOLUTION, fragment)
