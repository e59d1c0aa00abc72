"""Figures: where a result is wrong, how a model trained, what it confuses; bounded, plain, and never a verdict."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace

import jsonschema
import pytest
import torch

from autograder import CheckFailure, assert_close, assert_gradient, assert_jacobian
from autograder.checks import show_confusion, show_curve
from autograder.core.assignment import find_assignment
from autograder.core.draw import Draw
from autograder.core.engine import Engine
from autograder.core.figures import collected_figures, error_map
from autograder.core.outcome import Figure, Graded, Task, TestInfo, TestOutcome
from autograder.data import offline_choice
from autograder.errors import TestDefect
from autograder.grading.results import SCHEMA, make_record
from autograder.intake.model import Submission
from autograder.selftest.compose import compose
from tests.conftest import GOOD, ROOT
from tests.test_assignments import solution, texts

NAN, INF = float("nan"), float("inf")


def figures_of(action: Callable[[], object], *, public: bool = True) -> tuple[Figure, ...]:
    """What is collected of a test that does this; each figure is as records need it."""
    with collected_figures() as figures:
        failure = None
        try:
            action()
        except CheckFailure as error:
            failure = error
        taken = figures.take(failure, public=public)
        assert figures.take(None, public=public) == (), "figures of one test are left to the next"
    for figure in taken:
        json.dumps(figure, allow_nan=False)
    return taken


def figure_of(action: Callable[[], object]) -> Figure:
    (figure,) = figures_of(action)
    return figure


# ---------------------------------------------------------------------------------------------------------------------
# Heat maps
# ---------------------------------------------------------------------------------------------------------------------


def test_a_wrong_matrix_shows_where_and_how_far_it_is_off():
    expected = torch.tensor([[1.0, 2.0, 4.0], [-1.0, 8.0, 0.0]])
    actual = torch.tensor([[1.0, 1.0, -4.0], [-1.0, 0.0, 1e-3]])
    figure = figure_of(lambda: assert_close(actual, expected, label="dx"))
    assert figure == {
        "kind": "heatmap",
        "title": "Relative error of dx",
        "x": "column",
        "y": "row",
        "values": [[0.0, 0.5, 2.0], [0.0, 1.0, 1.0]],
        "shown": True,
    }


def test_what_is_not_finite_has_no_error_and_rounding_is_none():
    expected = torch.ones(2, 3, dtype=torch.float64)
    actual = expected + torch.tensor([[1e-12, NAN, 1e300], [INF, -INF, 0.0]], dtype=torch.float64)
    figure = figure_of(lambda: assert_close(actual, expected))
    assert figure["values"] == [[0.0, None, 1.0], [None, None, 0.0]]


def test_large_numbers_of_opposite_signs_do_not_overflow():
    large = torch.full((2, 2), 1.7e308, dtype=torch.float64)
    assert figure_of(lambda: assert_close(-large, large))["values"] == [[2.0, 2.0], [2.0, 2.0]]


def test_integers_and_complex_numbers_have_maps_too():
    figure = figure_of(lambda: assert_close(torch.tensor([[1, 2], [3, 5]]), torch.tensor([[1, 2], [3, 4]])))
    assert figure["values"] == [[0.0, 0.0], [0.0, 0.2]]
    expected = torch.tensor([[1 + 1j, 1j], [2 + 0j, 3j]])
    figure = figure_of(lambda: assert_close(expected * torch.tensor([1, -1]), expected))
    assert figure["values"] == [[0.0, 2.0], [0.0, 2.0]]


def test_a_wrong_gradient_has_a_map_and_a_jacobian_names_its_axes():
    draw = Draw(0)
    w, x = draw.normal(3, 4), draw.normal(4)
    grad = 2 * w
    grad[1, 2] *= 2
    figure = figure_of(lambda: assert_gradient(grad, of=lambda w: w.square().sum(), at=w, label="dw"))
    assert figure["title"] == "Relative error of dw"
    assert figure["values"] == [[0.0] * 4, [0.0, 0.0, 0.5, 0.0], [0.0] * 4]
    figure = figure_of(lambda: assert_jacobian(-w, of=lambda x: w @ x, at=x))
    assert (figure["y"], figure["x"]) == ("output", "input")
    assert figure["values"] == [[2.0] * 4] * 3


@pytest.mark.parametrize("shape", [(), (7,), (1, 7), (7, 1), (2, 3, 4)])
def test_what_is_no_matrix_has_no_map(shape):
    expected = torch.ones(shape)
    assert figures_of(lambda: assert_close(expected + 1, expected)) == ()


def test_a_wrong_shape_or_type_has_no_map():
    expected = torch.ones(3, 4)
    assert figures_of(lambda: assert_close(expected.T, expected)) == ()
    assert figures_of(lambda: assert_close(expected.double(), expected)) == ()
    assert figures_of(lambda: assert_close([[1.0]], expected)) == ()


def test_a_large_matrix_is_shown_in_blocks_by_their_worst_entry():
    expected = torch.ones(100, 70)
    actual = expected.clone()
    actual[99, 0], actual[0, 69], actual[50, 50] = 2.0, -1.0, NAN
    actual[98, 1] = 1.25  # in the block of a worse one
    figure = figure_of(lambda: assert_close(actual, expected))
    assert (figure["y"], figure["x"]) == ("row, 4 in a cell", "column, 3 in a cell")
    values = figure["values"]
    assert (len(values), len(values[0])) == (25, 24)
    found = {(i, j): value for i, row in enumerate(values) for j, value in enumerate(row) if value != 0}
    assert found == {(24, 0): 0.5, (0, 23): 2.0, (12, 16): None}


def test_maps_are_bounded_whatever_the_matrices():
    draw = Draw(1)
    odd = torch.tensor([0.0, -0.0, 1.0, -1.0, 1e300, -1e300, 5e-324, NAN, INF, -INF], dtype=torch.float64)
    for _ in range(200):
        shape = tuple(draw.integers(2, low=2, high=80).tolist())
        actual, expected = (odd[draw.integers(*shape, high=len(odd))] for _ in range(2))
        figure = error_map("x", actual, expected, wrong=actual != expected)
        json.dumps(figure, allow_nan=False)
        rows = figure["values"]
        assert {len(row) for row in rows} == {len(rows[0])}
        assert max(len(rows), len(rows[0])) <= 32
        assert all(value is None or 0 <= value <= 2 for row in rows for value in row)


def test_titles_are_plain_and_short():
    expected = torch.ones(2, 2)
    label = "\x1b[31m\u202egrads['" + "w" * 10_000 + "']\n" * 50
    title = figure_of(lambda: assert_close(expected + 1, expected, label=label))["title"]
    assert len(title) <= 120
    assert title.isprintable()


# ---------------------------------------------------------------------------------------------------------------------
# Curves and confusions
# ---------------------------------------------------------------------------------------------------------------------


def curve(values: object, parts: int = 3, **options: object) -> None:
    show_curve("Loss", values, x="epoch", y="mean loss", parts=parts, **options)


def test_a_curve_has_the_mean_of_each_part():
    figure = figure_of(lambda: curve(torch.tensor([4.0, 2.0, 1.0, 1.0, 0.123456, 0.123456])))
    expected = {"kind": "curve", "title": "Loss", "x": "epoch", "y": "mean loss", "shown": True}
    assert figure == {**expected, "values": [[3.0, 1.0, 0.1235]]}


def test_several_trainings_are_lines_of_one_curve():
    def train() -> None:
        for start in range(20):
            curve(torch.arange(3.0) + start)

    figure = figure_of(train)
    assert figure["values"] == [[start, start + 1, start + 2] for start in range(8)], "lines are bounded"
    assert figure["names"] == [f"training {number}" for number in range(1, 9)]


def test_curves_are_bounded_and_finite():
    figure = figure_of(lambda: curve(torch.tensor([1.0, NAN, INF, -INF, 1e38]), parts=5))
    assert figure["values"] == [[1.0, None, None, None, 1e38]]
    assert [len(row) for row in figure_of(lambda: curve(torch.ones(100_000), parts=5000))["values"]] == [200]
    assert [len(row) for row in figure_of(lambda: curve(torch.ones(4), parts=9))["values"]] == [4]


class Sub(torch.Tensor):
    pass


JUNK = [
    None,
    "loss",
    [1.0, 2.0],
    1.5,
    torch.tensor(1.0),
    torch.ones(2, 2),
    torch.ones(0),
    torch.ones(3, dtype=torch.complex64),
    torch.ones(3).to_sparse(),
    torch.ones(10**6 + 1),
    torch.ones(3).as_subclass(Sub),
]


@pytest.mark.parametrize("value", JUNK, ids=lambda value: type(value).__name__)
def test_junk_is_not_shown_and_breaks_nothing(value):
    truth = torch.tensor([0, 1, 1])
    assert figures_of(lambda: (curve(value), show_confusion("Digits", truth, value, names="ab"))) == ()


def test_a_confusion_counts_true_classes_against_predicted_ones_of_all_trainings():
    truth = torch.tensor([0, 0, 1, 2])

    def train() -> None:
        show_confusion("Digits", truth, torch.tensor([0, 1, 1, 0]), names=range(3))
        show_confusion("Digits", truth, torch.tensor([0, 0, 9, -1]), names=range(3))  # two that are no class

    figure = figure_of(train)
    assert figure["kind"] == "confusion"
    assert figure["values"] == [[3, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert (figure["names"], figure["y"], figure["x"]) == (["0", "1", "2"], "true class", "predicted class")


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.uint16, torch.int32, torch.uint64])
def test_a_confusion_takes_classes_of_any_integer_type(dtype):
    truth = torch.tensor([0, 1])
    figure = figure_of(lambda: show_confusion("Digits", truth, truth.to(dtype), names="ab"))
    assert figure["values"] == [[1, 0], [0, 1]]


def test_a_confusion_of_too_many_classes_is_not_shown():
    truth = torch.arange(33)
    assert figures_of(lambda: show_confusion("Words", truth, truth, names=range(33))) == ()


@pytest.mark.parametrize(
    "show",
    [
        lambda: curve(torch.ones(3), parts=0),
        lambda: show_confusion("Digits", torch.tensor([0, 3]), torch.tensor([0, 1]), names=range(3)),
        lambda: show_confusion("Digits", torch.tensor([-1]), torch.tensor([0]), names=range(3)),
        lambda: show_confusion("Digits", torch.tensor([0.0]), torch.tensor([0]), names=range(3)),
    ],
)
def test_what_a_test_does_wrong_is_its_defect(show):
    with pytest.raises(TestDefect):
        show()


def test_figures_of_a_test_are_few():
    def show() -> None:
        for number in range(100):
            show_curve(f"Loss {number}", torch.ones(3), x="epoch", y="loss", parts=3)

    assert [figure["title"] for figure in figures_of(show)] == [f"Loss {number}" for number in range(6)]


def test_what_students_see_of_hidden_tests_is_only_what_is_marked_for_them():
    def show() -> None:
        curve(torch.ones(3), for_students=True)
        show_confusion("Digits", torch.tensor([0]), torch.tensor([0]), names="a")
        assert_close(torch.zeros(2, 2), torch.ones(2, 2))

    for public, expected in ((True, [True, True, True]), (False, [False, True, False])):
        figures = figures_of(show, public=public)
        assert [figure["kind"] for figure in figures] == ["heatmap", "curve", "confusion"]
        assert [figure["shown"] for figure in figures] == expected


def test_nothing_is_collected_where_nobody_asks():
    curve(torch.ones(3))
    assert figures_of(lambda: None) == ()


# ---------------------------------------------------------------------------------------------------------------------
# In grading
# ---------------------------------------------------------------------------------------------------------------------


def by_test(graded: Graded) -> dict[str, TestOutcome]:
    assert graded.error is None, graded.error
    return {outcome.name: outcome for outcome in graded.outcomes}


def test_figures_leave_the_judge_with_the_verdict(grade):
    wrong = GOOD.replace("x * 2", "x * torch.arange(1, x.shape[-1] + 1)").replace(
        "def double", "import torch\ndef double"
    )
    graded = grade({"right": GOOD, "wrong": wrong, "right_again": GOOD})
    for name in ("right", "right_again"):
        assert [outcome.figures for outcome in graded[name].outcomes if outcome.figures] == []
    outcomes = by_test(graded["wrong"])
    row = [0.5, 0.0, 0.333, 0.5]  # times 1, 2, 3, 4 where 2 is right
    for name, shown in (("test_double", True), ("test_double_noncontiguous", False)):
        (figure,) = outcomes[name].figures
        assert figure["kind"] == "heatmap"
        assert figure["values"] == [row] * 3
        assert figure["shown"] is shown, "that of a hidden test shows what it sent and expects"
    assert outcomes["test_halve"].figures == []


def test_a_record_holds_figures_as_its_schema_says(tiny):
    def show() -> None:
        curve(torch.ones(3))
        show_confusion("Digits", torch.tensor([0]), torch.tensor([0]), names="a")
        assert_close(torch.full((2, 2), NAN), torch.ones(2, 2))

    figures = figures_of(show)
    tests = tuple(TestInfo(name, "double", Decimal(3), False, "It doubles.") for name in ("test_one", "test_two"))
    outcomes = (TestOutcome("test_one", "failed", figures=figures), TestOutcome("test_two", "passed"))
    engine = SimpleNamespace(tests=tests, seed=0, device="cpu", data="", isolation="none")
    record = make_record(tiny, engine, Submission("Ann", ROOT / "x.py"), Graded("1", outcomes), "f")
    jsonschema.validate(record, SCHEMA)
    first, second = record["tests"]
    assert first["figures"] == list(figures)
    assert "figures" not in second


TRAINED = {  # epochs, classes, and the tests with how often each trains
    "mlp_mnist": (6, 10, {"test_train_once_reaches_the_bar": 1, "test_train_reaches_the_bar": 3}),
    "lstm_text": (10, 2, {"test_train_on_the_public_set": 1}),
}


@pytest.mark.parametrize(("name", "mutant"), [("mlp_mnist", "train_plain_sgd"), ("lstm_text", None)])
def test_trained_models_show_their_loss_and_what_they_confuse(name, mutant, tmp_path):
    assignment = find_assignment(ROOT, name)
    epochs, classes, tests = TRAINED[name]
    sources = {"right": compose(solution(assignment), "")}
    if mutant is not None:
        sources["wrong"] = compose(solution(assignment), texts(assignment, "mutants")[mutant])
    options = {"device": "cpu", "data": offline_choice(assignment.data)}
    with Engine(assignment, only_tests=tests, **options) as engine:
        for key, graded in grade_sources(engine, sources, tmp_path):
            for test, trainings in tests.items():
                outcome = by_test(graded)[test]
                assert outcome.verdict == ("passed" if key == "right" else "failed")
                losses, confusion = outcome.figures
                assert all(figure["shown"] for figure in (losses, confusion))
                assert losses["kind"] == "curve"
                assert [len(row) for row in losses["values"]] == [epochs] * trainings
                assert all(row[-1] < row[0] for row in losses["values"])
                assert confusion["kind"] == "confusion"
                assert [len(row) for row in confusion["values"]] == [classes] * classes
                right = sum(confusion["values"][i][i] for i in range(classes))
                share = right / sum(map(sum, confusion["values"]))
                measured = outcome.measured["accuracy"]
                assert share == pytest.approx(sum(measured) / len(measured)), "classes are under their true names"


def grade_sources(engine: Engine, sources: dict[str, str], folder):
    tasks = []
    for key, source in sources.items():
        (folder / key).mkdir()
        (folder / key / f"{engine.assignment.module}.py").write_text(source)
        tasks.append(Task(key, folder / key, f"{engine.assignment.module}.py"))
    return [(graded.key, graded) for graded in engine.grade(tasks)]
