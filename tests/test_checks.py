"""Judgements: right values pass on every seed, wrong ones fail with the cause that made them wrong."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from autograder import CheckFailure, assert_close, assert_gradient, assert_jacobian
from autograder.checks.differences import differences
from autograder.core.draw import Draw
from autograder.core.values import Origin, set_origin
from autograder.errors import TestDefect

N, D, M = 5, 3, 4


def linear_case(seed: int = 0, dtype: torch.dtype = torch.float64):
    draw = Draw(seed)
    x, w, upstream = draw.normal(N, D), draw.normal(D, M), draw.normal(N, M)
    return x.to(dtype), w.to(dtype), upstream.to(dtype)


def softmax_rows(z: torch.Tensor) -> torch.Tensor:
    e = (z - z.amax(1, keepdim=True)).exp()
    return e / e.sum(1, keepdim=True)


def cross_entropy(z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return (z.exp().sum(1).log() - z[torch.arange(len(z)), labels]).mean()


def layer_norm(x: torch.Tensor) -> torch.Tensor:
    centred = x - x.mean(1, keepdim=True)
    return centred / (centred.square().mean(1, keepdim=True) + 1e-5).sqrt()


X = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]], dtype=torch.float64)


def cause_of(judge, *args, **kwargs) -> str | None:
    with pytest.raises(CheckFailure) as caught:
        judge(*args, **kwargs)
    return caught.value.cause


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_right_gradients_pass_on_every_seed(dtype):
    for seed in range(50):
        x, w, upstream = linear_case(seed, dtype)
        assert_gradient(upstream @ w.T, of=lambda x, w=w: x @ w.double(), at=x, upstream=upstream)
        assert_gradient(x.T @ upstream, of=lambda w, x=x: x.double() @ w, at=w, upstream=upstream)
        z, labels = x, Draw(seed).labels(N, D)
        dz = (softmax_rows(z) - torch.nn.functional.one_hot(labels, D)) / N
        assert_gradient(dz.to(dtype), of=lambda z, y=labels: cross_entropy(z, y), at=z)
        y = layer_norm(x)
        u = upstream[:, :D]
        inverse = 1 / (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
        dx = inverse * (u - u.mean(1, keepdim=True) - y * (u * y).mean(1, keepdim=True))
        assert_gradient(dx, of=layer_norm, at=x, upstream=u)


def test_a_small_error_in_one_entry_is_caught_in_float64():
    for seed in range(50):
        draw = Draw(seed)
        x, w, upstream = draw.normal(12, 5), draw.normal(5, 4), draw.normal(12, 4)
        right = upstream @ w.T
        wrong = right.clone()
        place = int(right.abs().flatten().argmin())
        wrong.view(-1)[draw.seed() % 60] *= 1 + 1e-4
        assert_gradient(right, of=lambda x, w=w: x @ w, at=x, upstream=upstream)
        with pytest.raises(CheckFailure):
            assert_gradient(wrong, of=lambda x, w=w: x @ w, at=x, upstream=upstream)
        assert place >= 0


def test_large_inputs_are_judged_along_directions_and_explained_in_full():
    x, upstream = Draw(0).normal(40, 20), Draw(1).normal(40, 20)
    assert_gradient(upstream * x.cos(), of=torch.sin, at=x, upstream=upstream)
    assert cause_of(assert_gradient, 2 * upstream * x.cos(), of=torch.sin, at=x, upstream=upstream) == "factor 2"


WRONG_GRADIENTS = {
    # the likely cause, and a wrong pullback of x -> x @ w with respect to x or w that has it
    "upstream ignored": lambda x, w, u: ("x", torch.ones_like(u) @ w.T),
    "zero": lambda x, w, u: ("x", torch.zeros_like(x)),
    "factor 2": lambda x, w, u: ("x", 2 * u @ w.T),
    "factor 1/2": lambda x, w, u: ("x", u @ w.T / 2),
    "factor -1": lambda x, w, u: ("x", -u @ w.T),
    "factor 5": lambda x, w, u: ("w", N * (x.T @ u)),
    "factor 1/5": lambda x, w, u: ("w", x.T @ u / N),
    "transposed": lambda x, w, u: ("w", (x.T @ u).T),
    "rows missing": lambda x, w, u: ("x", torch.cat([(u @ w.T)[:1], torch.zeros(N - 1, D, dtype=x.dtype)])),
    "wrong signs": lambda x, w, u: ("x", (u @ w.T).abs()),
    "small error": lambda x, w, u: ("x", (u @ w.T).half().double()[:0].sum() + (u @ w.T) * (1 + 5e-6)),
    None: lambda x, w, u: ("x", u @ w.T + Draw(9).normal(N, D)),
}


@pytest.mark.parametrize("cause", WRONG_GRADIENTS, ids=str)
def test_likely_cause_of_a_wrong_gradient(cause):
    for seed in range(5):
        x, w, u = linear_case(seed)
        which, wrong = WRONG_GRADIENTS[cause](x, w, u)
        of, at = (lambda x, w=w: x @ w, x) if which == "x" else (lambda w, x=x: x @ w, w)
        assert cause_of(assert_gradient, wrong, of=of, at=at, upstream=u) == cause


def test_cause_transposed_on_a_square_matrix():
    x, w, u = Draw(0).normal(4, 3), Draw(1).normal(3, 3), Draw(2).normal(4, 3)
    assert cause_of(assert_gradient, (x.T @ u).T.clone(), of=lambda w: x @ w, at=w, upstream=u) == "transposed"


def test_cause_missing_sum_over_the_batch():
    x, w, u = linear_case()
    b = Draw(3).normal(M)
    of = lambda b: x @ w + b  # noqa: E731
    assert cause_of(assert_gradient, u, of=of, at=b, upstream=u) == "missing sum over the batch"
    assert cause_of(assert_gradient, u[0].clone(), of=of, at=b, upstream=u) == "missing sum over the batch"
    assert cause_of(assert_gradient, u.mean(0), of=of, at=b, upstream=u) == "factor 1/5"
    assert cause_of(assert_gradient, u.sum(0, keepdim=True), of=of, at=b, upstream=u) == "an extra dimension of size 1"


def test_cause_only_the_diagonal():
    z, u = Draw(0).normal(N, D), Draw(1).normal(N, D)
    p = softmax_rows(z)
    assert cause_of(assert_gradient, p * (1 - p) * u, of=softmax_rows, at=z, upstream=u) == "only the diagonal"


def test_cause_transposed_jacobian():
    w, x, u = Draw(0).normal(3, 3), Draw(1).normal(3), Draw(2).normal(3)
    assert cause_of(assert_gradient, w @ u, of=lambda x: w @ x, at=x, upstream=u) == "transposed Jacobian"


def test_cause_missing_term():
    x, u = Draw(0).normal(N, D), Draw(1).normal(N, D)
    y = layer_norm(x)
    inverse = 1 / (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    terms = {
        "the direct term": inverse * u,
        "the mean term": -inverse * u.mean(1, keepdim=True).expand_as(u),
        "the variance term": -inverse * y * (u * y).mean(1, keepdim=True),
    }
    whole = sum(terms.values())
    assert_gradient(whole, of=layer_norm, at=x, upstream=u, terms=terms)
    for name, term in terms.items():
        wrong = whole - term
        assert cause_of(assert_gradient, wrong, of=layer_norm, at=x, upstream=u, terms=terms) == f"missing term: {name}"
    flipped = whole - 2 * terms["the mean term"]
    expected = "wrong sign: the mean term"
    assert cause_of(assert_gradient, flipped, of=layer_norm, at=x, upstream=u, terms=terms) == expected


def test_cause_missing_mean_in_a_loss():
    z, labels = Draw(0).normal(7, D), Draw(0).labels(7, D)
    dz = softmax_rows(z) - torch.nn.functional.one_hot(labels, D)
    with pytest.raises(CheckFailure) as caught:
        assert_gradient(dz, of=lambda z: cross_entropy(z, labels), at=z)
    assert caught.value.cause == "factor 7"
    assert "7 is the size of dimension 0 of the input, often the batch: is a division missing?" in str(caught.value)


def test_no_cause_where_several_would_fit():
    """Round and equal values, equal terms, symmetric matrices: what is said must be so, or nothing is said."""
    ones, x = torch.ones(4, dtype=torch.float64), Draw(0).normal(4, 3)
    assert cause_of(assert_close, 2 * ones, ones) is None
    assert cause_of(assert_close, 5 * ones, 3 * ones) is None, "a factor, or an offset"
    assert cause_of(assert_close, 2.0, 1.0) is None
    assert cause_of(assert_close, 0.62, 0.31) == "factor 2"
    assert cause_of(assert_gradient, 4 * ones, of=lambda x: x.sum(), at=ones) is None, "4 entries, but of ones"
    halves = {"one half": x, "the other half": x}
    square = {"of": lambda x: x.square().sum(), "at": x}
    assert cause_of(assert_gradient, x, **square, terms=halves) == "factor 1/2"
    one_unit = torch.zeros(4, 3, dtype=torch.float64)
    one_unit[:, 1] = x[:, 1]
    assert cause_of(assert_close, 8.364 * one_unit, one_unit) is None, "one column: a factor of its own"
    assert cause_of(assert_close, 8.364 * x, x) == "factor 8.364"
    s = Draw(1).normal(3, 3)
    s = s + s.T
    wrong = s * (1 + 2e-6)
    assert cause_of(assert_jacobian, wrong, of=lambda x: s @ x, at=x[0].clone()) == "small error", "not transposed"
    big = torch.tensor([1e6, 1.0, 2.0], dtype=torch.float64)
    bad = torch.tensor([1e6, 1.5, 2.0], dtype=torch.float64)
    assert cause_of(assert_gradient, bad, of=lambda x: (x * big).sum(), at=ones[:3]) is None, "not a small error"
    assert cause_of(assert_gradient, x * 2 * 1.0001, **square) is None, "a factor that reads as 1"


def test_no_cause_of_what_a_test_may_have_made():
    """Whole steps come of reading another place of a row of numbers, or of what a test adds; a lone 0 of anything."""
    numbers = torch.arange(24, dtype=torch.float64).reshape(4, 6)
    assert cause_of(assert_close, numbers[:2, :2], numbers[1:3, 2:4]) is None
    x = Draw(0).normal(4, 3)
    assert cause_of(assert_close, x - 1, x) is None
    assert cause_of(assert_close, (x - 1).float(), x.float()) is None
    assert cause_of(assert_close, x - 1.3, x) == "constant offset"
    assert cause_of(assert_close, x[:2] - 1.3, x[:2]) is None, "few entries: steps to the same side, by chance"
    assert cause_of(assert_close, 0.0, 0.57) is None
    assert cause_of(assert_close, 0 * x, x) == "zero"


@pytest.mark.parametrize(
    ("actual", "expected"), [(-X, X), (X * float("nan"), X), (1.5, 0.5), (3, 4), ("a", "b"), ([2 * X, 1], [X, 1])]
)
def test_a_test_that_knows_the_cause_says_it(actual, expected):
    with pytest.raises(CheckFailure) as caught:
        assert_close(actual, expected, cause="the mode is not restored")
    assert caught.value.cause == "the mode is not restored"
    assert "times what it should be" not in str(caught.value)
    assert cause_of(assert_close, X.float(), X, cause="the mode is not restored") == "wrong dtype"


def test_the_size_that_a_factor_equals_is_not_called_what_it_is_not():
    x, w, u = linear_case()
    with pytest.raises(CheckFailure) as caught:
        assert_gradient(D * (x.T @ u), of=lambda w: x @ w, at=w, upstream=u)
    assert f"{D} is the size of dimension 0 of the input" in str(caught.value)
    square = Draw(0).normal(4, 4)
    with pytest.raises(CheckFailure) as caught:
        assert_close(4 * square, square)
    assert "the size of dimension 0, often the batch and the size of dimension 1" in str(caught.value)


def test_one_row_of_an_input_is_no_missing_sum():
    x, u = Draw(0).normal(N, 1), Draw(1).normal(N, 1)
    wrong = torch.cat([(u * 2)[:1], torch.zeros(N - 1, 1, dtype=torch.float64)])
    assert cause_of(assert_gradient, wrong, of=lambda x: 2 * x, at=x, upstream=u) is None


def test_cause_of_another_shape():
    x, cube = Draw(0).normal(5, 4), Draw(1).normal(2, 3, 4)
    assert cause_of(assert_close, x, x.sum(0)) == "missing sum"
    assert cause_of(assert_close, x, x.mean(0)) is None
    assert cause_of(assert_close, x, torch.zeros(4, dtype=torch.float64)) is None
    assert cause_of(assert_close, cube.permute(2, 1, 0).clone(), cube) == "transposed"
    assert cause_of(assert_close, Draw(2).normal(4, 5), x) is None, "only the shape is that of a transpose"
    flat = x.cos().flatten()
    assert cause_of(assert_gradient, flat, of=lambda x: x.sin().sum(), at=x) == "another shape"
    assert cause_of(assert_gradient, x[0].cos(), of=lambda x: x.sin().sum(), at=x[:1]).startswith(
        "a dimension of size 1"
    )


def test_jacobians():
    w, x = Draw(0).normal(4, 3), Draw(1).normal(3)
    assert_jacobian(w, of=lambda x: w @ x, at=x)
    assert cause_of(assert_jacobian, w.T.clone(), of=lambda x: w @ x, at=x) == "transposed"
    s = Draw(2).normal(3, 3)
    assert cause_of(assert_jacobian, s.T.clone(), of=lambda x: s @ x, at=x) == "transposed"
    assert cause_of(assert_jacobian, torch.diag(s.diagonal()), of=lambda x: s @ x, at=x) == "only the diagonal"
    assert cause_of(assert_jacobian, 2 * s, of=lambda x: s @ x, at=x) == "factor 2"
    assert cause_of(assert_jacobian, 0 * s, of=lambda x: s @ x, at=x) == "zero"


def test_jacobians_of_the_wrong_form():
    w, x = Draw(0).normal(4, 3), Draw(1).normal(3)
    for wrong, said in ((w.float(), "wrong dtype"), (w.long(), "wrong dtype"), (None, "is a return missing")):
        with pytest.raises(CheckFailure, match=said):
            assert_jacobian(wrong, of=lambda x: w.to(x.dtype) @ x, at=x)
    elsewhere = w.clone()
    set_origin(elsewhere, Origin("f(x)", torch.device("cpu"), torch.device("cuda")))
    with pytest.raises(CheckFailure, match="wrong device"):
        assert_jacobian(elsewhere, of=lambda x: w @ x, at=x)
    for arguments in ({"of": lambda x: w.sum(1), "at": x[:0]}, {"of": lambda x: x[:0], "at": x}):
        with pytest.raises(TestDefect):
            assert_jacobian(w, **arguments)


VIEWS = {
    "identity": lambda x: x,
    "transpose": lambda x: x.T,
    "one row": lambda x: x[0],
    "in place": lambda x: x.mul_(1.0),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_function_may_return_a_view_of_its_input_or_change_it(name):
    of, x = VIEWS[name], Draw(0).normal(4, 3)
    upstream = Draw(1).normal(*of(x.clone()).shape)
    leaf = x.clone().requires_grad_()
    (right,) = torch.autograd.grad(of(leaf * 1), leaf, upstream)
    assert_gradient(right, of=of, at=x, upstream=upstream)
    assert cause_of(assert_gradient, 0 * right, of=of, at=x, upstream=upstream) == "zero"


LARGE = Draw(0).normal(30, 20)


def with_entry(x: torch.Tensor, value: float) -> torch.Tensor:
    wrong = x.clone()
    wrong.view(-1)[123] = value
    return wrong


def of_three_slopes(x: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Not the gradient, but with its slopes along the first directions that come from seed 0."""
    generator = torch.Generator().manual_seed(0)
    ways = torch.stack([torch.randn(x.shape, generator=generator, dtype=x.dtype).flatten() for _ in range(3)])
    return (ways.T @ torch.linalg.solve(ways @ ways.T, ways @ right.flatten())).reshape(x.shape)


WRONG_LARGE = {
    "an infinity": lambda right: with_entry(right, np.inf),
    "NaN": lambda right: with_entry(right, np.nan),
    "a square that overflows": lambda right: with_entry(right, 1e200),
    "one entry slightly off": lambda right: with_entry(right, float(right.view(-1)[123]) + 1e-5),
    "made for known directions": lambda right: of_three_slopes(LARGE, right),
}


@pytest.mark.parametrize("what", WRONG_LARGE)
def test_wrong_large_gradients_that_directions_may_miss(what):
    right = LARGE.cos()
    assert_gradient(right, of=lambda x: x.sin().sum(), at=LARGE)
    with pytest.raises(CheckFailure):
        assert_gradient(WRONG_LARGE[what](right), of=lambda x: x.sin().sum(), at=LARGE)


def test_a_relative_tolerance_of_0_is_not_the_default():
    almost = LARGE.cos() * (1 + 5e-7)
    assert_gradient(almost, of=lambda x: x.sin().sum(), at=LARGE)
    with pytest.raises(CheckFailure):
        assert_gradient(almost, of=lambda x: x.sin().sum(), at=LARGE, rtol=0.0, atol=1e-9)


def test_a_wide_relative_tolerance_is_that_of_each_entry():
    right = LARGE.cos()
    assert_gradient(right * 1.05, of=lambda x: x.sin().sum(), at=LARGE, rtol=0.1)
    with pytest.raises(CheckFailure, match="1 of 600 entries"):
        assert_gradient(with_entry(right, 0.0), of=lambda x: x.sin().sum(), at=LARGE, rtol=0.1)


def test_a_function_with_many_outputs():
    x, upstream = Draw(0).normal(60), Draw(1).normal(20_000)
    right = x.cos() * upstream.sum()
    assert_gradient(right, of=lambda x: x.sin().sum().expand(20_000), at=x, upstream=upstream)
    wrong = 2 * right
    assert (
        cause_of(assert_gradient, wrong, of=lambda x: x.sin().sum().expand(20_000), at=x, upstream=upstream)
        == "factor 2"
    )


def test_a_very_large_gradient_is_judged_by_few_evaluations():
    x, calls = Draw(0).normal(100, 200), 0

    def of(x):
        nonlocal calls
        calls += 1
        return x.square().sum() / 2

    assert_gradient(x, of=of, at=x)
    wrong = with_entry(x, float(x.view(-1)[123]) + 0.01)
    with pytest.raises(CheckFailure, match=r"at \[0, 123\]"):
        assert_gradient(wrong, of=of, at=x)
    assert cause_of(assert_gradient, 2 * x, of=of, at=x) == "factor 2"
    with pytest.raises(CheckFailure, match="wrong shape"):
        assert_gradient(x.flatten(), of=of, at=x)
    with pytest.raises(CheckFailure, match="NaN or infinite"):
        assert_gradient(with_entry(x, np.nan), of=of, at=x)
    assert calls < 1000


def test_a_large_constant_output_does_not_widen_what_is_allowed():
    x = Draw(0).normal(4, 3)

    def of(x):
        return torch.cat([x.square().sum()[None] / 2, torch.full((50,), 1e5, dtype=torch.float64)])

    upstream = torch.ones(51, dtype=torch.float64)
    assert_gradient(x, of=of, at=x, upstream=upstream)
    with pytest.raises(CheckFailure):
        assert_gradient(x * (1 + 1e-4), of=of, at=x, upstream=upstream)


def test_small_gradients_are_judged_at_their_own_scale():
    x = Draw(0).normal(4, 3, dtype=torch.float32)
    for scale in (1e-7, 1e-12):
        right = (scale * x.double().cos()).float()
        assert_gradient(right, of=lambda x, scale=scale: scale * x.sin().sum(), at=x)
        for wrong in (2 * right, 0 * right):
            with pytest.raises(CheckFailure):
                assert_gradient(wrong, of=lambda x, scale=scale: scale * x.sin().sum(), at=x)


def test_a_kink_is_the_test_s_defect_and_saves_no_wrong_gradient():
    x, upstream = Draw(0).away_from_kinks(4, 3), Draw(1).normal(4, 3)
    x[0, 0] = 0.0
    right = (x > 0) * upstream
    with pytest.raises(TestDefect, match="kink"):
        assert_gradient(right, of=lambda x: x.clamp(min=0), at=x, upstream=upstream)
    for wrong in (upstream, 2 * right, right.where(x != 0, 2.0)):
        with pytest.raises(CheckFailure):
            assert_gradient(wrong, of=lambda x: x.clamp(min=0), at=x, upstream=upstream)
    steep = torch.full((3,), 1e-3, dtype=torch.float64)
    with pytest.raises(TestDefect, match="too steep"):
        assert_gradient(-1 / steep**2, of=lambda x: (1 / x).sum(), at=steep)
    with pytest.raises(CheckFailure):
        assert_gradient(1 / steep**2, of=lambda x: (1 / x).sum(), at=steep)


def test_central_differences_are_as_accurate_as_they_can_be():
    x = Draw(0).normal(6)
    slopes = differences(torch.exp, x)
    assert (slopes.central - torch.diag(x.exp())).abs().max() < 1e-9
    assert 0 < slopes.noise.max() < 1e-8


def test_the_message_says_what_where_and_why():
    x, w, u = linear_case()
    wrong = 2 * u @ w.T
    set_origin(wrong, Origin("pullback(x: float64 (5, 3))", torch.device("cpu"), torch.device("cpu")))
    with pytest.raises(CheckFailure) as caught:
        assert_gradient(wrong, of=lambda x: x @ w, at=x, upstream=u, hint="look at the product")
    text = str(caught.value)
    assert text.startswith("pullback(x: float64 (5, 3)): the gradient is wrong in 15 of 15 entries")
    for part in ("got ", "expected ", "finite differences", "likely cause: factor 2", "hint: look at the product"):
        assert part in text
    place = int((wrong - u @ w.T).abs().flatten().argmax())
    assert f"at [{place // D}, {place % D}]" in text
    assert len(text.splitlines()) <= 8


FORMS = {
    "None": (None, "is a return missing"),
    "wrong dtype": (torch.zeros(N, D), "wrong dtype"),
    "wrong shape": (torch.zeros(N, dtype=torch.float64), "wrong shape"),
    "NaN": (torch.full((N, D), float("nan"), dtype=torch.float64), "NaN or infinite in 15 entries"),
    "an array": (np.zeros((N, D)), "wrong type"),
}


@pytest.mark.parametrize("what", FORMS)
def test_gradients_of_the_wrong_form(what):
    x, w, u = linear_case()
    with pytest.raises(CheckFailure, match=FORMS[what][1]):
        assert_gradient(FORMS[what][0], of=lambda x: x @ w, at=x, upstream=u)


def test_defects_of_a_test_are_no_ones_fault():
    x, w, u = linear_case()
    infinite = torch.full_like(u, np.inf)
    for arguments in (
        {"of": lambda x: x @ w, "at": x, "upstream": infinite},
        {"of": lambda x: (x @ w) * np.inf, "at": x, "upstream": u},
        {"of": lambda x: (x @ w).float(), "at": x, "upstream": u},
        {"of": lambda x: x @ w, "at": x, "upstream": u, "terms": {"of another shape": u}},
        {"of": lambda x: x @ w, "at": x, "upstream": u, "rtol": -1.0},
        {"of": lambda x: x @ w, "at": x, "upstream": u, "atol": float("nan")},
        {"of": lambda x: x.nan_to_num().sum(), "at": x * np.nan},
        {"of": lambda x: sum(x), "at": [1.0, 2.0]},
        {"of": lambda x: x @ w, "at": x},
        {"of": lambda x: x @ w, "at": x, "upstream": u[:1]},
        {"of": lambda x: x.log(), "at": -x.abs(), "upstream": x},
        {"of": lambda x: x, "at": x[:0], "upstream": x[:0]},
    ):
        with pytest.raises(TestDefect):
            assert_gradient(x, **arguments)
    with pytest.raises(TestDefect, match="allow_empty"):
        assert_close(torch.empty(0), torch.empty(0))
    assert_close(torch.empty(0, 3), torch.empty(0, 3), allow_empty=True)
    for expected in ({1}, object(), X.to_sparse(), X.to("meta"), np.array(["x"]), np.array([object()])):
        with pytest.raises(TestDefect, match="can't be judged"):
            assert_close(X, expected) if isinstance(expected, torch.Tensor) else assert_close(expected, expected)
    for tolerances in ({"rtol": -1.0}, {"rtol": np.inf}, {"atol": -1.0}, {"atol": np.nan}):
        with pytest.raises(TestDefect, match="tolerances"):
            assert_close(X, X, **tolerances)


class Agreeable(torch.Tensor):
    def __eq__(self, other):
        return torch.ones(self.shape, dtype=torch.bool)


class EqualsAll:
    def __eq__(self, other):
        return True

    def __repr__(self):
        raise RuntimeError("shown by its own code")

    __hash__ = None


NOT_CLOSE = {
    "a column for a vector": (X[0][:, None], X[0], "an extra dimension of size 1"),
    "a row for a matrix": (X[:1], X, "wrong shape"),
    "a scalar for a tensor": (torch.tensor(1.0, dtype=torch.float64), X, "wrong shape"),
    "transposed": (X.T, X, "transposed"),
    "float32 for float64": (X.float(), X, "wrong dtype"),
    "int for float": (X.long(), X, "wrong dtype"),
    "NaN": (X.where(X != 5, float("nan")), X, "NaN in 1 of 6 entries"),
    "infinite": (X.where(X != 5, float("inf")), X, "infinite in 1 of 6 entries"),
    "no NaN where there is one": (X, X.where(X != 5, float("nan")), "wrong in 1 of 6"),
    "infinity of the other sign": (torch.tensor([-np.inf]), torch.tensor([np.inf]), "wrong in 1 of 1"),
    "empty": (X[:0], X, "wrong shape"),
    "off by one entry": (X + torch.eye(2, 3) * 0.1 * (X == 5), X, "1 of 6 entries"),
    "twice": (2 * X, X, "factor 2"),
    "offset": (X.repeat(2, 1) + 0.3, X.repeat(2, 1), "constant offset"),
    "zero": (0 * X, X, "zero"),
    "half precision inside": (X / 3 * (1 + 1e-7), X / 3, "small error"),
    "a subclass": (X.as_subclass(Agreeable), X, "wrong type"),
    "an array": (X.numpy(), X, "wrong type"),
    "a tensor for an array": (X, X.numpy(), "wrong type"),
    "an array of another shape": (X.numpy().T, X.numpy(), "wrong shape"),
    "equals all": (EqualsAll(), X, "wrong type"),
    "equals all, for a number": (EqualsAll(), 3, "wrong type"),
    "equals all, for a text": (EqualsAll(), "x", "not what was expected"),
    "a tensor for an int": (torch.tensor(3), 3, r"x.item\(\)"),
    "a NumPy int for an int": (np.int64(3), 3, "wrong type"),
    "True for 1": (True, 1, "wrong type"),
    "1 for True": (1, True, "not what was expected"),
    "the wrong int": (4, 3, "expected 3"),
    "the wrong float": (0.31, 0.3, "wrong in its value"),
    "a shorter list": ([1], [1, 2], "number of values"),
    "an entry of a list": ([1, 3], [1, 2], r"\[1\] is the wrong number"),
    "None": (None, X, "is a return missing"),
    "the wrong integers": (torch.tensor([1, 2]), torch.tensor([1, 3]), "1 of 2 entries"),
    "the wrong booleans": (torch.tensor([True]), torch.tensor([False]), "1 of 1 entries"),
    "neighbours beyond float64": (torch.tensor([2**62 + 1]), torch.tensor([2**62]), "difference 1,"),
    "unsigned integers": (torch.tensor([0], dtype=torch.uint64), torch.tensor([9], dtype=torch.uint64), "difference 9"),
    "opposite half floats": (torch.tensor([6e4]).half(), torch.tensor([-6e4]).half(), "difference 120000"),
    "a complex number": (torch.tensor([1 + 2j]), torch.tensor([1 + 3j]), "1 of 1 entries"),
    "NaN in the imaginary part": (torch.tensor([complex(1, np.nan)]), torch.tensor([1 + 2j]), "NaN in 1"),
    "sparse": (X.to_sparse(), X, "not an ordinary dense tensor"),
    "meta": (X.to("meta"), X, "not an ordinary dense tensor"),
    "sparse, for a number": (X.to_sparse(), 3, "wrong type"),
    "an array of objects": (np.array([object()]), np.zeros(1), "wrong dtype"),
    "a text for an array": (np.array(["x"]), np.zeros(1), "wrong dtype"),
    "a NumPy float": (np.float64(2.0), np.float64(1.0), "its value"),
    "an enormous int for a float": (10**400, 1.0, "an int of 1329 bits"),
    "an enormous int for infinity": (10**400, np.inf, "wrong number"),
    "an enormous int for an int": (10**6000, 1, "an int of 19932 bits"),
    "a list of odd things": ([EqualsAll(), 10**6000], [1, 2, 3], "number of values"),
    "a dict with another tensor": ({"w": X, "b": 2 * X[0]}, {"w": X, "b": X[0]}, r"\['b'\] is wrong in 3 of 3"),
    "a dict with other keys": ({"w": X}, {"w": X, "b": X[0]}, "wrong keys"),
    "a dict whose value equals all": ({"w": EqualsAll()}, {"w": X}, "wrong type"),
    "a list for a dict": ([X], {"w": X}, "wrong type"),
}


@pytest.mark.parametrize("what", NOT_CLOSE)
def test_what_is_not_close(what):
    actual, expected, said = NOT_CLOSE[what]
    with pytest.raises(CheckFailure, match=said):
        assert_close(actual, expected)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_a_nested_tensor_is_refused():
    nested = torch.nested.as_nested_tensor([X, X[:1]])
    with pytest.raises(CheckFailure, match="not an ordinary dense tensor"):
        assert_close(nested, X)
    with pytest.raises(CheckFailure, match="not an ordinary dense tensor"):
        assert_gradient(nested, of=lambda x: x.sum(), at=X)


def test_what_is_close():
    inf = torch.tensor([np.inf, -np.inf, np.nan, 0.0])
    for value in (X, X.float(), X.bfloat16(), X.long(), inf, X > 2, X.numpy(), 3, 0.5, True, "x", None, [1, (X, "y")]):
        assert_close(value, value)
    for value in (1 + 2j, torch.complex(X, X), np.float32(0.5), 10**400, {"w": X, 1: [X, None]}, X.numpy()[:, ::-1]):
        assert_close(value, value)
    assert_close(X.clone().requires_grad_() * 1, X)
    assert_close(X.numpy().astype(">f8"), X.numpy())
    assert_close(X * (1 + 1e-12), X)
    assert_close(X.float() * (1 + 1e-6), X.float())
    assert_close(1, 1.0)
    assert_close(X + 0.01, X, atol=0.02)
    assert_close(4, 3, atol=1)
    assert_close(torch.tensor([2**40 + 1]), torch.tensor([2**40]), atol=1)


def test_absolute_tolerances_of_integers_are_exact():
    for large in (2**30, 2**53, 2**62):
        with pytest.raises(CheckFailure, match="difference 20,"):
            assert_close(torch.tensor([large + 20]), torch.tensor([large]), atol=1)
    with pytest.raises(CheckFailure):
        assert_close(5, 3, atol=1)


@pytest.mark.parametrize("shape", [(10**6,), (1000, 1000)])
def test_messages_about_many_entries_are_short_and_show_few(shape):
    expected = Draw(0).normal(*shape)
    wrong = expected.clone()
    wrong.view(-1)[123_456] += 1
    with pytest.raises(CheckFailure, match="wrong in 1 of 1000000 entries") as caught:
        assert_close(wrong, expected)
    assert len(str(caught.value)) < 300
    for actual in (list(range(10**6)), "x" * 10**6, {i: i for i in range(10**6)}, [[[[[1] * 99] * 99] * 99]]):
        with pytest.raises(CheckFailure) as caught:
            assert_close(actual, [1, 2] if isinstance(actual, dict) else "y")
        assert len(str(caught.value)) < 400


def test_a_result_on_the_wrong_device_is_refused():
    x = X.clone()
    set_origin(x, Origin("f(x)", torch.device("cpu"), torch.device("cuda")))
    with pytest.raises(CheckFailure, match="f\\(x\\) is on the wrong device"):
        assert_close(x, X)
    with pytest.raises(CheckFailure, match="wrong device"):
        assert_gradient(x, of=lambda x: (x * X).sum(), at=X)


def test_judging_leaves_random_numbers_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    assert_gradient(X.cos(), of=lambda x: x.sin().sum(), at=X)
    assert torch.equal(torch.rand(3), expected)
