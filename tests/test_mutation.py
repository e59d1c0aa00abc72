"""Automatic mutants: which changes are made, where, and what is said of those that can't be told from the solution."""

from __future__ import annotations

import ast
from functools import cache
from itertools import pairwise
from pathlib import Path
from textwrap import dedent, indent

import pytest

from autograder.errors import AssignmentError, MarkerError
from autograder.selftest.compose import compose
from autograder.verify.facts import Answer
from autograder.verify.mutation import automatic, automatic_answers
from autograder.verify.mutation.equivalents import read_equivalents, stale_entries
from autograder.verify.mutation.generate import OPERATORS
from autograder.verify.mutation.operators import code
from autograder.verify.mutation.places import places
from tests.conftest import ROOT

FILE = Path("s.py")
SOLUTIONS = sorted(path.parent / f"{path.parent.name}.py" for path in ROOT.glob("solutions/*/equivalent.toml"))


@cache
def generated(path: Path) -> list[Answer]:
    return automatic(path.read_text(), path)


def solution_of(body: str, head: str = "def f(x: Tensor, dim, n, t: Tensor):", imports: str = "import torch") -> str:
    """A file with one function whose body is a marked region."""
    region = f"# BEGIN SOLUTION\n{dedent(body).strip()}\n# END SOLUTION\n"
    depth = 1 + head.count("\n")
    return f"{imports}\n\n\n{head}\n{indent(region, '    ' * depth)}"


def changes(body: str, **more: str) -> list[str]:
    """What is changed, without the function's name."""
    return [answer.name.partition(": ")[2] for answer in automatic(solution_of(body, **more), FILE)]


# ---------------------------------------------------------------------------------------------------------------------
# Operators
# ---------------------------------------------------------------------------------------------------------------------

# The code, and what must be among its changes.
MADE = [
    ("return x.sum(dim=0)", "x.sum(dim=0)", "x.sum(dim=1)"),
    ("return x.sum(dim=dim)", "x.sum(dim=dim)", "x.sum(dim=-1)"),
    ("return x.unsqueeze(1)", "x.unsqueeze(1)", "x.unsqueeze(0)"),
    ("return x.amax(dim, keepdim=True)", "x.amax(dim, keepdim=True)", "x.amax(dim)"),
    ("return x.sum(dim=0)", "x.sum(dim=0)", "x.sum(dim=0, keepdim=True)"),
    ("return x.mean(dim=0)", "x.mean(dim=0)", "x.sum(dim=0)"),
    ("return x.amax(dim=0)", "x.amax(dim=0)", "x.amin(dim=0)"),
    ("return max(n, dim)", "max(n, dim)", "min(n, dim)"),
    ("return x + t", "x + t", "x - t"),
    ("return x * t", "x * t", "x / t"),
    ("return x / t", "x / t", "t / x"),
    ("return -x", "return -x", "return x"),
    ("t += x", "t += x", "t -= x"),
    ("return x + t", "x + t", "t"),
    ("return x * t", "x * t", "x"),
    ("return x.T @ t", "x.T @ t", "x @ t"),
    ("return x @ t", "x @ t", "x @ t.T"),
    ("return x @ t", "x @ t", "t @ x"),
    ("return x[n:]", "x[n:]", "x[n + 1:]"),
    ("return x[:n]", "x[:n]", "x[:n - 1]"),
    ("return x[1:n]", "x[1:n]", "x[:n]"),
    ("return x[:, None]", "x[:, None]", "x[None, :]"),
    ("return list(range(n))", "range(n)", "range(n - 1)"),
    ("return x.shape[-1]", "x.shape[-1]", "x.shape[-2]"),
    ("return x * 3", "x * 3", "x * 4"),
    ("return x - 0.5", "x - 0.5", "x - 1.0"),
    ("return f(x, flag=True)", "f(x, flag=True)", "f(x, flag=False)"),
    ("return x.clamp(min=n)", "x.clamp(min=n)", "x.clamp_(min=n)"),
    ("return x - t", "x - t", "x.sub_(t)"),
    ("return x.mul_(t)", "x.mul_(t)", "x.mul(t)"),
    ("for p in t:\n    p -= x", "p -= x", "p = p - (x)"),
    ("return x.detach()", "x.detach()", "x"),
    ("return x.clone()", "x.clone()", "x"),
    (
        "return torch.zeros(n, dtype=torch.float32)",
        "torch.zeros(n, dtype=torch.float32)",
        "torch.zeros(n, dtype=torch.float64)",
    ),
    ("return x.to(dtype=t.dtype, device=t.device)", "x.to(dtype=t.dtype, device=t.device)", "x.to(dtype=t.dtype)"),
    ("return torch.zeros(n, device=x.device)", "torch.zeros(n, device=x.device)", "torch.zeros(n)"),
    ("i, g, o = x.chunk(3)\nreturn i + o", "i, g, o = x.chunk(3)", "g, i, o = x.chunk(3)"),
    ("return x, t", "return x, t", "return t, x"),
    ("f.zero_grad()", "f.zero_grad()", "pass"),
    ("f.eval()", "f.eval()", "f.train()"),
    ("with torch.no_grad():\n    x.add_(1)", "with torch.no_grad():", "if True:"),
    ("if n < 1:\n    return x", "n < 1", "n <= 1"),
    ("if n:\n    return x", "if n:", "if not (n):"),
    ("if n is None:\n    return x", "n is None", "n is not None"),
    ("return n and x", "return n and x", "return n or x"),
    ("return torch.where(n, x, t)", "torch.where(n, x, t)", "torch.where(n, t, x)"),
    ("return x.var(dim=0, unbiased=False)", "x.var(dim=0, unbiased=False)", "x.var(dim=0)"),
    ("return x.std(dim=0)", "x.std(dim=0)", "x.std(dim=0, correction=0)"),
    ("y = x\nreturn y", "return y", "return x"),
    ("x = x.abs()\nreturn x", "x = x.abs()", "pass"),
]


@pytest.mark.parametrize(("body", "before", "after"), MADE, ids=[f"{before}-{after}" for _, before, after in MADE])
def test_mistakes_of_tensor_code_are_made(body: str, before: str, after: str) -> None:
    assert f"`{before}` -> `{after}`" in changes(body)


@pytest.mark.parametrize(
    ("head", "cut"),
    [
        ("class Net(nn.Module):\n    def forward(self, x):", True),
        ("class Net(nn.Module):\n    def __init__(self, x):", False),
        ("class Net:\n    def forward(self, x):", False),
        ("class Double(torch.autograd.Function):\n    def backward(ctx, x):", True),
        ("class Double(torch.autograd.Function):\n    def forward(ctx, x):", False),
    ],
)
def test_a_gradient_is_cut_off_where_one_flows(head: str, cut: bool) -> None:
    assert ("`y = x * 2` -> `y = (x * 2).detach()`" in changes("y = x * 2\nreturn y", head=head)) is cut


def test_what_is_saved_for_backward_is_cut_off_from_its_history() -> None:
    made = changes("ctx.save_for_backward(x)", head="class Double(Function):\n    def forward(ctx, x):")
    assert "`ctx.save_for_backward(x)` -> `ctx.save_for_backward(x.detach())`" in made


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_each_operator_has_work_in_the_assignments(operator) -> None:
    for path in SOLUTIONS:
        for place in places(path.read_text(), path)[1]:
            if any(code(place.node) != code(other) for other in operator(place.node, place.scope)):
                return
    pytest.fail("it changes nothing in any solution")


# What is no mistake in tensor code, or no change at all.
SPARED = [
    ("y: Literal[3] = n\nreturn x", "4"),
    ("y: Tensor | None = n\nreturn x", "Tensor"),
    ('raise ValueError(f"{n - 1} is too few")', "n + 1"),
    ("return max(n, dim)", "max(dim, n)"),
    ("return x.sum(dim=1)", "dim=2"),
    ("a, b = n, dim\nreturn a", "b, a = n, dim"),
    ("return n - 1", "sub_"),
]


@pytest.mark.parametrize(("body", "spared"), SPARED)
def test_changes_that_show_nothing_are_not_made(body: str, spared: str) -> None:
    after = [name.partition(" -> ")[2] for name in changes(body)]
    assert not [change for change in after if spared in change]


# ---------------------------------------------------------------------------------------------------------------------
# Places
# ---------------------------------------------------------------------------------------------------------------------

MARKED = '''import torch


def handed_out(x: torch.Tensor, scale: float = 2.0) -> torch.Tensor:
    """Twice x."""
    x = x + 1
    # BEGIN SOLUTION
    return x * scale
    # END SOLUTION


# BEGIN SOLUTION
def _helper(x):
    """A helper."""
    return x - 1


# END SOLUTION


class A:
    def one(self):
        y = 1  # SOLUTION
        return y + 1
'''


def test_only_marked_regions_change() -> None:
    names = [answer.name for answer in automatic(MARKED, FILE)]
    assert {name.partition(": ")[0] for name in names} == {"handed_out", "_helper", "A.one"}
    assert not any("`x = x + 1`" in name or "`y + 1`" in name or "2.0" in name for name in names)
    assert [name for name in names if name.startswith("A.one")] == [
        "A.one: `y = 1` -> `y = 2`",
        "A.one: `y = 1` -> `y = 0`",
    ]


def test_a_mutant_is_the_solution_with_one_change() -> None:
    (answer,) = [item for item in automatic(MARKED, FILE) if item.name == "handed_out: `x * scale` -> `x / scale`"]
    assert answer.kind == "automatic"
    assert answer.source == compose(MARKED, "").replace("x * scale", "x / scale")
    assert answer.changed == {"handed_out"}
    assert "SOLUTION" not in answer.source
    shown = [line for line in answer.diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert shown == ["-    return x * scale", "+    return x / scale"]


def test_the_same_change_twice_in_a_function_has_two_names() -> None:
    made = changes("y = n - 1\nz = n - 1\nreturn y + z")
    assert "`n - 1` -> `n + 1`" in made
    assert "`n - 1` -> `n + 1` (2)" in made


def test_a_change_with_the_effect_of_another_is_made_once() -> None:
    """``f.step`` alone on a line does what ``pass`` does."""
    assert changes("f.step()") == ["`f.step()` -> `pass`"]


def test_code_without_spaces_is_changed_as_well() -> None:
    made = changes("if(n):\n    return(x+1)\nreturn()")
    assert "`if(n):` -> `if True:`" in made
    assert "`x+1` -> `x - 1`" in made


def test_a_file_without_markers_has_no_mutants() -> None:
    assert automatic("def f(x):\n    return x + 1\n", FILE) == []


def test_broken_markers_are_refused() -> None:
    with pytest.raises(MarkerError, match=r"s\.py:2"):
        automatic("def f(x):\n    # BEGIN SOLUTION\n    return x\n", FILE)


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_mutants_of_the_assignments_are_programs_of_their_own(path: Path) -> None:
    answers = generated(path)
    assert len(answers) > 150
    assert len({answer.name for answer in answers}) == len(answers)
    sources = [compose(path.read_text(), ""), *(answer.source for answer in answers)]
    trees = [ast.dump(ast.parse(source)) for source in sources]
    assert len(set(trees)) == len(trees)
    assert all(answer.changed and answer.diff.count("\n@@ ") == 1 for answer in answers)


def test_mutants_follow_the_text_each_time() -> None:
    answers = automatic(MARKED, FILE)
    assert automatic(MARKED, FILE) == answers
    owners = [answer.name.partition(":")[0] for answer in answers]
    assert sum(before != after for before, after in pairwise(owners)) == len(set(owners)) - 1


# ---------------------------------------------------------------------------------------------------------------------
# Equivalent mutants
# ---------------------------------------------------------------------------------------------------------------------


def declared(folder: Path, text: str) -> tuple[dict[str, Answer], list[str]]:
    """The mutants by name, and what is said of the declarations."""
    solution = folder / "s.py"
    solution.write_text(MARKED)
    (folder / "equivalent.toml").write_text(dedent(text))
    answers, findings = automatic_answers(solution)
    return {answer.name: answer for answer in answers}, [f"{item.kind}: {item.who}" for item in findings]


def test_a_declared_change_carries_its_reason(tmp_path: Path) -> None:
    answers, findings = declared(
        tmp_path,
        """
        [[equivalent]]
        change = "handed_out: `x * scale` -> `x / scale`"
        reason = "nobody
          looks"
        """.replace("nobody\n          looks", "nobody looks"),
    )
    assert findings == []
    assert {name: answer.equivalent for name, answer in answers.items() if answer.equivalent} == {
        "handed_out: `x * scale` -> `x / scale`": "nobody looks"
    }


def test_several_changes_share_a_reason(tmp_path: Path) -> None:
    answers, findings = declared(
        tmp_path,
        """
        [[equivalent]]
        changes = ["A.one: `y = 1` -> `y = 2`", "A.one: `y = 1` -> `y = 0`"]
        reason = "y is not used"
        """,
    )
    assert findings == []
    assert [name for name, answer in answers.items() if answer.equivalent == "y is not used"] == [
        "A.one: `y = 1` -> `y = 2`",
        "A.one: `y = 1` -> `y = 0`",
    ]


def test_a_declaration_of_no_change_is_a_finding(tmp_path: Path) -> None:
    _, findings = declared(
        tmp_path, '[[equivalent]]\nchange = "handed_out: `x` -> `y`"\nreason = "it was there once"\n'
    )
    assert findings == ["stale equivalent: handed_out: `x` -> `y`"]


def test_without_declarations_nothing_is_equivalent(tmp_path: Path) -> None:
    solution = tmp_path / "s.py"
    solution.write_text(MARKED)
    answers, findings = automatic_answers(solution)
    assert answers == automatic(MARKED, solution)
    assert findings == []


@pytest.mark.parametrize(
    "text",
    [
        "[[equivalent]\n",
        '[[equivalent]]\nchange = "a"\n',
        '[[equivalent]]\nchange = "a"\nreason = " "\n',
        '[[equivalent]]\nchange = 1\nreason = "b"\n',
        '[[equivalent]]\nchanges = "a"\nreason = "b"\n',
        '[[equivalent]]\nchange = "a"\nreason = "b"\nwhy = "c"\n',
        '[equivalent]\nchange = "a"\nreason = "b"\n',
        'equal = "a"\n',
        '[[equivalent]]\nchanges = ["a", "a"]\nreason = "b"\n',
    ],
)
def test_declarations_that_are_not_of_the_form_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "equivalent.toml"
    file.write_text(text)
    with pytest.raises(AssignmentError, match=r"equivalent\.toml: "):
        read_equivalents(file)


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_declarations_of_the_assignments_hold_for_few_and_give_reasons(path: Path) -> None:
    reasons = read_equivalents(path.parent / "equivalent.toml")
    assert [finding.who for finding in stale_entries(reasons, generated(path))] == []
    assert 0 < len(reasons) < len(generated(path)) / 6
    assert all(len(reason.split()) > 3 for reason in reasons.values())
