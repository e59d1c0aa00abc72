"""Judgements: right values pass on every seed, wrong ones fail with the cause that made them wrong."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from autograder import CheckFailure, assert_close, assert_gradient, assert_jacobian
from autograder.checks.gradients import numerical_jacobian
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
    assert "7 is the batch size" in str(caught.value)


def test_jacobians():
    w, x = Draw(0).normal(4, 3), Draw(1).normal(3)
    assert_jacobian(w, of=lambda x: w @ x, at=x)
    assert cause_of(assert_jacobian, w.T.clone(), of=lambda x: w @ x, at=x) == "transposed"
    s = Draw(2).normal(3, 3)
    assert cause_of(assert_jacobian, s.T.clone(), of=lambda x: s @ x, at=x) == "transposed"
    assert cause_of(assert_jacobian, torch.diag(s.diagonal()), of=lambda x: s @ x, at=x) == "only the diagonal"
    assert cause_of(assert_jacobian, 2 * s, of=lambda x: s @ x, at=x) == "factor 2"
    assert cause_of(assert_jacobian, 0 * s, of=lambda x: s @ x, at=x) == "zero"


def test_central_differences_are_as_accurate_as_they_can_be():
    x = Draw(0).normal(6)
    jacobian, noise = numerical_jacobian(torch.exp, x)
    assert (jacobian - torch.diag(x.exp())).abs().max() < 1e-9
    assert 0 < noise < 1e-8


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
    for arguments in (
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


class Agreeable(torch.Tensor):
    def __eq__(self, other):
        return torch.ones(self.shape, dtype=torch.bool)


class EqualsAll:
    def __eq__(self, other):
        return True

    __hash__ = None


X = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]], dtype=torch.float64)
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
    "offset": (X + 1, X, "constant offset"),
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
}


@pytest.mark.parametrize("what", NOT_CLOSE)
def test_what_is_not_close(what):
    actual, expected, said = NOT_CLOSE[what]
    with pytest.raises(CheckFailure, match=said):
        assert_close(actual, expected)


def test_what_is_close():
    inf = torch.tensor([np.inf, -np.inf, np.nan, 0.0])
    for value in (X, X.float(), X.bfloat16(), X.long(), inf, X > 2, X.numpy(), 3, 0.5, True, "x", None, [1, (X, "y")]):
        assert_close(value, value)
    assert_close(X * (1 + 1e-12), X)
    assert_close(X.float() * (1 + 1e-6), X.float())
    assert_close(1, 1.0)
    assert_close(X + 0.01, X, atol=0.02)


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
