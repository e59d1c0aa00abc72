"""Hidden tests of manual_backprop: edge cases, precisions, memory layouts, caches, and training.

Gradients are compared with those that autograd finds for a closed form in float64: the judge may use it, it is
switched off only while a submission's code runs.
"""

import numpy as np
import torch

from autograder import CheckFailure, assert_close, points, probe, timeout


def assert_cost(actual, expected, dtype=torch.float64, **kwargs):
    """A cost may be a 0-d tensor, of the inputs' dtype, or a Python float."""
    tolerance = {"rtol": 1e-9, "atol": 1e-11} if dtype == torch.float64 else {"rtol": 1e-4, "atol": 1e-5}
    if isinstance(actual, torch.Tensor):
        assert_close(actual, torch.tensor(float(expected), dtype=dtype), **tolerance, **kwargs)
    else:
        actual = float(actual) if isinstance(actual, np.floating) else actual
        assert_close(actual, float(expected), **tolerance, **kwargs)


def pullback(function, inputs, upstream=None):
    """Value of ``function(*inputs)`` and its gradients, in float64: the oracle of most tests here."""
    leaves = [x.detach().double().requires_grad_() for x in inputs]
    value = function(*leaves)
    upstream = torch.ones_like(value) if upstream is None else upstream.double()
    return value.detach(), torch.autograd.grad(value, leaves, upstream)


def assert_all_close(results, expected, names, like=torch.float64, **kwargs):
    """Each result against its expected value, rounded to the dtype ``like``."""
    tolerance = {} if like == torch.float64 else {"rtol": 1e-4, "atol": 1e-5}
    for name, result, value in zip(names, results, expected, strict=True):
        assert_close(result, value.to(like), label=name, **{**tolerance, **kwargs})


def assert_kept(results, originals, names):
    """What a caller handed over still holds its values."""
    for name, result, original in zip(names, results, originals, strict=True):
        assert_close(result, original, rtol=0, atol=0, label=f"{name} afterwards", hint="work on a copy")


# ---------------------------------------------------------------------------------------------------------------------
# Gradient descent
# ---------------------------------------------------------------------------------------------------------------------


@probe
def descend_valleys(student, start, learning_rate, steps):
    def slope(v):  # of (x^2 - 1)^2 + (y - x)^2
        x, y = v[0], v[1]
        return torch.stack([4 * x * (x**2 - 1) - 2 * (y - x), 2 * (y - x)])

    return student.gradient_descent(slope, start, learning_rate, steps)


@points("1.5", question="gradient_descent")
def test_gradient_descent_two_valleys(submission, draw):
    """On a cost with two valleys every point of the path is right, and either side leads to its own minimum."""
    for side in (-1.0, 1.0):
        x, y = side * (0.4 + 0.3 * draw.uniform(1).item()), side * draw.uniform(1).item()
        start = torch.tensor([x, y], dtype=torch.float64)
        trajectory = submission.run(descend_valleys, start, 0.05, 20)
        expected = [(x, y)]
        for _ in range(20):
            x, y = x - 0.05 * (4 * x * (x * x - 1) - 2 * (y - x)), y - 0.05 * 2 * (y - x)
            expected.append((x, y))
        assert_close(trajectory, torch.tensor(expected, dtype=torch.float64))


@probe
def descend_bowl_simply(student, start, learning_rate, steps):
    return student.gradient_descent(lambda v: 2 * v, start, learning_rate, steps)


@points(1, question="gradient_descent")
def test_gradient_descent_without_steps(submission, draw):
    """There is a row for every step: the start alone for none, two rows for one; no row is missing where it is flat."""
    start = draw.normal(3)
    assert_close(submission.run(descend_bowl_simply, start, 0.1, 0), start[None])
    assert_close(submission.run(descend_bowl_simply, start, 0.1, 1), torch.stack([start, 0.8 * start]))
    flat = torch.zeros(3, dtype=torch.float64)  # no slope, so nowhere to go: still a row for every step
    assert_close(submission.run(descend_bowl_simply, flat, 0.1, 4), torch.zeros(5, 3, dtype=torch.float64))


@probe
def descend_identity(student, start, learning_rate, steps):
    return student.gradient_descent(lambda v: v, start, learning_rate, steps)


@probe
def descend_slope(student, start, slope, learning_rate, steps):
    trajectory = student.gradient_descent(lambda v: slope, start, learning_rate, steps)
    return trajectory, slope


@points(1, question="gradient_descent")
def test_gradient_descent_leaves_gradient_alone(submission, draw):
    """The tensor that grad_fn returns may be the point itself, or the same tensor every time; it is not changed."""
    start, slope = draw.normal(3), draw.normal(3)
    powers = 0.7 ** torch.arange(5, dtype=torch.float64)[:, None]
    assert_close(submission.run(descend_identity, start, 0.3, 4), powers * start)
    trajectory, after = submission.run(descend_slope, start, slope, 0.3, 4)
    assert_close(trajectory, start - 0.3 * torch.arange(5, dtype=torch.float64)[:, None] * slope)
    assert_kept([after], [slope], ["what grad_fn returned"])


@points("0.5", question="gradient_descent")
def test_gradient_descent_float32(submission, draw):
    """In float32, and for a single variable, the trajectory is float32 (steps + 1, 1)."""
    start = draw.normal(1, dtype=torch.float32)
    expected = 0.8 ** torch.arange(4, dtype=torch.float64)[:, None] * start.double()
    assert_close(submission.run(descend_bowl_simply, start, 0.1, 3), expected.float())


# ---------------------------------------------------------------------------------------------------------------------
# Numerical gradient
# ---------------------------------------------------------------------------------------------------------------------


@probe
def differentiate_waves(student, x, h):
    return student.numerical_gradient(lambda x: torch.sin(2 * x).sum() * torch.exp(x).sum(), x, h)


def waves(x):
    return torch.sin(2 * x).sum() * torch.exp(x).sum()


def central_differences(f, x, h):
    """The definition, entry by entry."""
    result = torch.empty(x.numel(), dtype=torch.float64)
    for i in range(x.numel()):
        e = torch.zeros(x.numel(), dtype=torch.float64)
        e[i] = h
        e = e.reshape(x.shape)
        result[i] = (f(x + e) - f(x - e)) / (2 * h)
    return result.reshape(x.shape)


@points("1.5", question="numerical_gradient")
def test_numerical_gradient_uses_h(submission, draw):
    """With a large step the result is what the formula gives for that step."""
    x = draw.uniform(3, 5, low=-1.0, high=1.0)
    for h in (0.25, 1e-4):
        result = submission.run(differentiate_waves, x, h)
        expected, halved = (central_differences(waves, x, step) for step in (h, h / 2))
        comparable = isinstance(result, torch.Tensor) and (result.shape, result.dtype) == (x.shape, x.dtype)
        if comparable and (result - halved).abs().max() < (result - expected).abs().max():
            expected = halved  # some books step by h/2 to either side and divide by h: a central difference too
        assert_close(result, expected, rtol=1e-8, atol=1e-9)


@probe
def differentiate_a_failing_function(student, x, failing_call):
    calls = []

    def f(x):
        calls.append(1)
        if len(calls) == failing_call:
            raise ValueError("f can't be computed here")
        return (x**2).sum()

    try:
        student.numerical_gradient(f, x)
        raised = False
    except ValueError:
        raised = True
    return x, raised


@points("1.5", question="numerical_gradient")
def test_numerical_gradient_restores_x_when_f_raises(submission, draw):
    """An exception of f comes through, and x holds its old values all the same."""
    x = draw.normal(3, 4)
    for failing_call in (1, 2, 3, 8):
        after, raised = submission.run(differentiate_a_failing_function, x, failing_call)
        assert_kept([after], [x], ["x"])
        if failing_call <= 2 and not raised:  # any way to do it calls f at least twice
            raise CheckFailure("numerical_gradient swallowed the exception that f raised", hint="use try ... finally")
    _, raised = submission.run(differentiate_a_failing_function, x, failing_call=0)
    if raised:
        details = [f"x is {tuple(x.shape)}, f(x) the sum of its squares", "expected the gradient, with no exception"]
        raise CheckFailure("numerical_gradient raised ValueError though f did not", details)


@probe
def differentiate_products(student, x):
    return student.numerical_gradient(lambda x: torch.einsum("abc,abd->", x, x).item(), x)


@probe
def differentiate_square(student, x):
    return student.numerical_gradient(lambda x: x**2, x)


@points(1, question="numerical_gradient")
def test_numerical_gradient_of_any_shape(submission, draw):
    """x may have three dimensions, or none; f sees x's shape and may return a Python float."""
    x = draw.normal(2, 3, 2)
    expected = (2 * x.sum(dim=2, keepdim=True)).expand(2, 3, 2)
    assert_close(submission.run(differentiate_products, x), expected, rtol=1e-6, atol=1e-7)
    scalar = draw.normal()
    assert_close(submission.run(differentiate_square, scalar), 2 * scalar, rtol=1e-6, atol=1e-7)


@probe
def differentiate_parabola(student, x, c, h):
    return student.numerical_gradient(lambda x: (c * x**2).sum(), x, h)


@points(1, question="numerical_gradient")
def test_numerical_gradient_layouts(submission, draw):
    """x need not be contiguous, and float32 gives float32."""
    x, c = draw.normal(3, 4), draw.normal(3, 4)
    for each in (draw.noncontiguous(x), x.T.contiguous().T):
        result = submission.run(differentiate_parabola, each, c, 1e-5)
        assert_close(result, 2 * c * x, rtol=1e-6, atol=1e-7)
    result = submission.run(differentiate_parabola, x.float(), c.float(), 2.0**-5)
    assert_close(result, (2 * c * x).float(), rtol=1e-3, atol=1e-3)


# ---------------------------------------------------------------------------------------------------------------------
# Quadratic cost
# ---------------------------------------------------------------------------------------------------------------------


@probe
def quadratic(student, predictions, targets):
    cost, grad = student.quadratic_cost(predictions, targets)
    return cost, grad


def half_mean_square(predictions, targets):
    return (predictions - targets).square().sum() / (2 * predictions.shape[0])


def judge_quadratic(submission, predictions, targets, dtype=torch.float64):
    cost, grad = submission.run(quadratic, predictions, targets)
    value, (expected, _) = pullback(half_mean_square, [predictions, targets])
    assert_cost(cost, value, dtype, label="quadratic_cost(...)[0]")
    assert_all_close([grad], [expected], ["quadratic_cost(...)[1]"], dtype)


@points(1, question="quadratic_cost")
def test_quadratic_cost_batch_of_one(submission, draw):
    """One row is a batch, and so is a batch with one column."""
    judge_quadratic(submission, draw.normal(1, 4), draw.normal(1, 4))
    judge_quadratic(submission, draw.normal(5, 1), draw.normal(5, 1))


@points(1, question="quadratic_cost")
def test_quadratic_cost_layouts(submission, draw):
    """Neither predictions nor targets need be contiguous."""
    judge_quadratic(submission, draw.normal(4, 3, contiguous=False), draw.normal(1, 3).expand(4, 3))
    judge_quadratic(submission, draw.normal(4, 3), draw.normal(3, 4).T)


@points(1, question="quadratic_cost")
def test_quadratic_cost_float32(submission, draw):
    """In float32 the gradient is float32."""
    shape, dtype = (4, 3), torch.float32
    judge_quadratic(submission, draw.normal(*shape, dtype=dtype), draw.normal(*shape, dtype=dtype), dtype)


# ---------------------------------------------------------------------------------------------------------------------
# Linear
# ---------------------------------------------------------------------------------------------------------------------


@probe
def linear(student, x, w, b, upstream):
    out, cache = student.linear_forward(x, w, b)
    dx, dw, db = student.linear_backward(upstream, cache)
    return out, dx, dw, db


def judge_linear(submission, x, w, b, upstream, dtype=torch.float64):
    results = submission.run(linear, x, w, b, upstream)
    out, grads = pullback(lambda x, w, b: x @ w + b, [x, w, b], upstream)
    assert_all_close(results, [out, *grads], ["out", "dx", "dw", "db"], dtype, allow_empty=True)


@points(1, question="linear")
def test_linear_batch_of_one(submission, draw):
    """One row is a batch; one feature and one output are fine too."""
    judge_linear(submission, draw.normal(1, 4), draw.normal(4, 3), draw.normal(3), draw.normal(1, 3))
    judge_linear(submission, draw.normal(5, 1), draw.normal(1, 1), draw.normal(1), draw.normal(5, 1))


@points(1, question="linear")
def test_linear_empty_batch(submission, draw):
    """With no rows the output and dx are empty, and dw and db are zero."""
    judge_linear(submission, draw.normal(0, 4), draw.normal(4, 3), draw.normal(3), draw.normal(0, 3))


@points("1.5", question="linear")
def test_linear_layouts(submission, draw):
    """Inputs and upstream may be transposed, have gaps, or repeat one row without storing it twice."""
    x, w, b = draw.normal(5, 4, contiguous=False), draw.normal(3, 4).T, draw.normal(3, contiguous=False)
    judge_linear(submission, x, w, b, draw.normal(1, 3).expand(5, 3))
    judge_linear(
        submission, draw.normal(1, 4).expand(5, 4), w.contiguous(), draw.normal(1).expand(3), draw.normal(3, 5).T
    )


@points("0.5", question="linear")
def test_linear_float32(submission, draw):
    """In float32 all results are float32."""
    dtype = torch.float32
    inputs = [draw.normal(*shape, dtype=dtype) for shape in ((6, 4), (4, 3), (3,), (6, 3))]
    judge_linear(submission, *inputs, dtype)


@probe
def linear_interleaved(student, first, second):
    x1, w1, b1, upstream1 = first
    x2, w2, b2, upstream2 = second
    _, cache1 = student.linear_forward(x1, w1, b1)
    _, cache2 = student.linear_forward(x2, w2, b2)
    results = [tuple(student.linear_backward(upstream1, cache1))]
    results.append(tuple(student.linear_backward(upstream2, cache2)))
    results.append(tuple(student.linear_backward(upstream1, cache1)))
    return results, first, second


@points("1.5", question="linear")
def test_linear_caches_are_separate(submission, draw):
    """Two layers in flight do not disturb each other, and a backward pass can be repeated."""
    first = [draw.normal(5, 4), draw.normal(4, 3), draw.normal(3), draw.normal(5, 3)]
    second = [draw.normal(5, 4), draw.normal(4, 3), draw.normal(3), draw.normal(5, 3)]
    results, *after = submission.run(linear_interleaved, first, second)
    for result, (*inputs, upstream) in zip(results, (first, second, first), strict=True):
        _, grads = pullback(lambda x, w, b: x @ w + b, inputs, upstream)
        assert_all_close(result, grads, ["dx", "dw", "db"])
    for kept, originals in zip(after, (first, second), strict=True):
        assert_kept(kept, originals, ["x", "w", "b", "upstream"])


# ---------------------------------------------------------------------------------------------------------------------
# ReLU and sigmoid
# ---------------------------------------------------------------------------------------------------------------------


@probe
def relu(student, x, upstream):
    out, cache = student.relu_forward(x)
    return out, student.relu_backward(upstream, cache)


@probe
def relu_interleaved(student, x1, upstream1, x2, upstream2):
    _, cache1 = student.relu_forward(x1)
    _, cache2 = student.relu_forward(x2)
    results = [student.relu_backward(upstream1, cache1)]
    results.append(student.relu_backward(upstream2, cache2))
    results.append(student.relu_backward(2 * upstream1, cache1))
    return results, [x1, upstream1, x2, upstream2]


@probe
def sigmoid(student, x, upstream):
    out, cache = student.sigmoid_forward(x)
    return out, student.sigmoid_backward(upstream, cache)


@probe
def sigmoid_interleaved(student, x1, upstream1, x2, upstream2):
    _, cache1 = student.sigmoid_forward(x1)
    _, cache2 = student.sigmoid_forward(x2)
    results = [student.sigmoid_backward(upstream1, cache1)]
    results.append(student.sigmoid_backward(upstream2, cache2))
    results.append(student.sigmoid_backward(2 * upstream1, cache1))
    return results, [x1, upstream1, x2, upstream2]


def judge_elementwise(submission, run, function, x, upstream, dtype=torch.float64):
    results = submission.run(run, x, upstream)
    out, grads = pullback(function, [x], upstream)
    assert_all_close(results, [out, *grads], ["out", "dx"], dtype, allow_empty=True)


def judge_interleaved(submission, run, function, draw):
    """Two forwards, then backward through the first, the second, and the first again with twice the upstream."""
    x1, upstream1, x2, upstream2 = given = [draw.away_from_kinks(4, 5) for _ in range(4)]
    results, after = submission.run(run, *given)
    pairs = ((x1, upstream1), (x2, upstream2), (x1, 2 * upstream1))
    expected = [pullback(function, [x], upstream)[1][0] for x, upstream in pairs]
    assert_all_close(results, expected, ["dx", "dx of the second layer", "dx, once more with twice the upstream"])
    assert_kept(after, given, ["x", "upstream", "the second x", "the second upstream"])


@points("1.5", question="relu")
def test_relu_caches_are_separate(submission, draw):
    """Two layers in flight do not disturb each other, and a backward pass can be repeated."""
    judge_interleaved(submission, relu_interleaved, torch.relu, draw)


@points(1, question="relu")
def test_relu_layouts(submission, draw):
    """Any memory layout and any number of dimensions; an upstream that repeats one row; an empty batch."""
    x = draw.away_from_kinks(2, 3, 4, contiguous=False)
    judge_elementwise(submission, relu, torch.relu, x, draw.normal(4, 3, 2).permute(2, 1, 0))
    judge_elementwise(submission, relu, torch.relu, draw.away_from_kinks(5, 4), draw.normal(1, 4).expand(5, 4))
    judge_elementwise(submission, relu, torch.relu, draw.normal(0, 4), draw.normal(0, 4))


@points(1, question="relu")
def test_relu_float32(submission, draw):
    """In float32 output and gradient are float32; one row is a batch."""
    x, upstream = (draw.away_from_kinks(1, 6, dtype=torch.float32) for _ in range(2))
    judge_elementwise(submission, relu, torch.relu, x, upstream, torch.float32)


@points("1.5", question="sigmoid")
def test_sigmoid_backward_is_stable(submission, draw):
    """For very large and very small x the gradient is 0, never NaN, in both precisions."""
    x = torch.tensor([[1e4, -1e4, 800.0, -800.0], [100.0, -100.0, 0.0, 2.0]], dtype=torch.float64)
    upstream = draw.away_from_kinks(2, 4)
    for dtype in (torch.float64, torch.float32):
        judge_elementwise(submission, sigmoid, torch.sigmoid, x.to(dtype), upstream.to(dtype), dtype)


@points(1, question="sigmoid")
def test_sigmoid_caches_are_separate(submission, draw):
    """Two layers in flight do not disturb each other, and a backward pass can be repeated."""
    judge_interleaved(submission, sigmoid_interleaved, torch.sigmoid, draw)


@points(1, question="sigmoid")
def test_sigmoid_layouts(submission, draw):
    """Any memory layout and any number of dimensions; an upstream that repeats one row; an empty batch."""
    x = draw.normal(2, 3, 4, contiguous=False)
    judge_elementwise(submission, sigmoid, torch.sigmoid, x, draw.normal(4, 3, 2).permute(2, 1, 0))
    judge_elementwise(submission, sigmoid, torch.sigmoid, draw.normal(5, 4), draw.normal(1, 4).expand(5, 4))
    judge_elementwise(submission, sigmoid, torch.sigmoid, draw.normal(0, 4), draw.normal(0, 4))


@points("0.5", question="sigmoid")
def test_sigmoid_float32(submission, draw):
    """In float32 output and gradient are float32; one row is a batch."""
    x, upstream = (draw.normal(1, 6, dtype=torch.float32) for _ in range(2))
    judge_elementwise(submission, sigmoid, torch.sigmoid, x, upstream, torch.float32)


# ---------------------------------------------------------------------------------------------------------------------
# Softmax and cross entropy
# ---------------------------------------------------------------------------------------------------------------------


@probe
def cross_entropy(student, logits, labels):
    loss, dlogits = student.softmax_cross_entropy(logits, labels)
    return loss, dlogits, logits, labels


def mean_cross_entropy(logits, labels):
    return (logits.logsumexp(dim=1) - logits.gather(1, labels[:, None])[:, 0]).mean()


def judge_cross_entropy(submission, logits, labels, dtype=torch.float64):
    loss, dlogits, *after = submission.run(cross_entropy, logits, labels)
    expected, grads = pullback(lambda z: mean_cross_entropy(z, labels), [logits])
    assert_cost(loss, expected, dtype, label="softmax_cross_entropy(...)[0]")
    assert_all_close([dlogits], grads, ["softmax_cross_entropy(...)[1]"], dtype)
    assert_kept(after, [logits, labels], ["logits", "labels"])


@points("1.5", question="softmax_cross_entropy")
def test_softmax_cross_entropy_gradient_is_stable(submission):
    """With logits of 1e4 and -1e4 the gradient is finite and right, in both precisions."""
    logits = [[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [-1e4, -1e4, -1e4], [3.0, 1e4, -2.0]]
    labels = torch.tensor([1, 2, 0, 1])
    for dtype in (torch.float64, torch.float32):
        _, dlogits, *_ = submission.run(cross_entropy, torch.tensor(logits, dtype=dtype), labels)
        rows = [[1, -1, 0], [0, 1 / 2, -1 / 2], [-2 / 3, 1 / 3, 1 / 3], [0, 0, 0]]
        expected = torch.tensor(rows, dtype=torch.float64) / 4
        atol = 1e-9 if dtype == torch.float64 else 2e-3  # float32 keeps logits of 1e4 to within 5e-4 only
        assert_all_close([dlogits], [expected], ["dlogits"], dtype, rtol=0, atol=atol)


@points(1, question="softmax_cross_entropy")
def test_softmax_cross_entropy_missing_classes(submission, draw):
    """The labels of a batch need not contain every class, least of all the last; rows may share a label."""
    judge_cross_entropy(submission, draw.normal(6, 5, scale=3.0), draw.labels(6, 3))
    judge_cross_entropy(submission, draw.normal(4, 3, scale=3.0), torch.full((4,), draw.choice([0, 1])))


@points(1, question="softmax_cross_entropy")
def test_softmax_cross_entropy_batch_of_one(submission, draw):
    """One row is a batch."""
    judge_cross_entropy(submission, draw.normal(1, 4, scale=3.0), draw.integers(1, high=3))


@points(1, question="softmax_cross_entropy")
def test_softmax_cross_entropy_confident(submission, draw):
    """Rows that are confidently right and rows that are confidently wrong each count by their own logarithm."""
    logits, labels = draw.normal(8, 3), draw.labels(8, 3)
    logits[torch.arange(8), labels] += torch.linspace(-40, 40, 8, dtype=torch.float64)
    judge_cross_entropy(submission, logits, labels)


@points(1, question="softmax_cross_entropy")
def test_softmax_cross_entropy_layouts(submission, draw):
    """Logits and labels need not be contiguous."""
    labels = torch.stack([draw.labels(5, 4), draw.labels(5, 4)], dim=1)[:, 0]
    judge_cross_entropy(submission, draw.normal(5, 4, scale=3.0, contiguous=False), labels)
    judge_cross_entropy(submission, draw.normal(1, 4).expand(5, 4), labels)


@points(1, question="softmax_cross_entropy")
def test_softmax_cross_entropy_float32(submission, draw):
    """In float32 the gradient is float32."""
    logits = draw.normal(7, 4, scale=3.0, dtype=torch.float32)
    judge_cross_entropy(submission, logits, draw.labels(7, 4), torch.float32)


# ---------------------------------------------------------------------------------------------------------------------
# Layer normalisation
# ---------------------------------------------------------------------------------------------------------------------


@probe
def layer_norm(student, x, gamma, beta, upstream, **eps):
    out, cache = student.layer_norm_forward(x, gamma, beta, **eps)
    dx, dgamma, dbeta = student.layer_norm_backward(upstream, cache)
    return out, dx, dgamma, dbeta


def normalised(x, gamma, beta, eps=1e-5):
    centered = x - x.mean(dim=1, keepdim=True)
    return gamma * centered / torch.sqrt(centered.square().mean(dim=1, keepdim=True) + eps) + beta


def judge_layer_norm(submission, x, gamma, beta, upstream, dtype=torch.float64, **eps):
    results = submission.run(layer_norm, x, gamma, beta, upstream, **eps)
    out, grads = pullback(lambda x, gamma, beta: normalised(x, gamma, beta, **eps), [x, gamma, beta], upstream)
    tolerance = {"rtol": 1e-8, "atol": 1e-9} if dtype == torch.float64 else {}
    names = ["out", "dx", "dgamma", "dbeta"]
    assert_all_close(results, [out, *grads], names, dtype, allow_empty=True, **tolerance)


@points("1.5", question="layer_norm")
def test_layer_norm_eps(submission, draw):
    """eps stands under the root beside the variance: it matters when it is large, and in rows of little spread."""
    gamma, beta = draw.normal(4, shift=1.0), draw.normal(4)
    judge_layer_norm(submission, draw.normal(5, 4), gamma, beta, draw.normal(5, 4), eps=0.5)
    judge_layer_norm(submission, draw.normal(5, 4, scale=3e-3), gamma, beta, draw.normal(5, 4))


@points(1, question="layer_norm")
def test_layer_norm_constant_rows(submission, draw):
    """A row of equal entries, and a row of a single entry, have variance 0; nothing becomes NaN."""
    rows = torch.tensor([[2.5, 2.5, 2.5, 2.5], [1.0, -2.0, 0.5, 3.0]], dtype=torch.float64)
    judge_layer_norm(submission, rows, draw.normal(4), draw.normal(4), draw.normal(2, 4), eps=1e-3)
    judge_layer_norm(submission, draw.normal(3, 1), draw.normal(1), draw.normal(1), draw.normal(3, 1), eps=1e-3)


@points("0.5", question="layer_norm")
def test_layer_norm_batch_of_one(submission, draw):
    """One row is a batch."""
    judge_layer_norm(submission, draw.normal(1, 6), draw.normal(6), draw.normal(6), draw.normal(1, 6))


@points(1, question="layer_norm")
def test_layer_norm_empty_batch(submission, draw):
    """With no rows the output and dx are empty, and dgamma and dbeta are zero."""
    judge_layer_norm(submission, draw.normal(0, 4), draw.normal(4), draw.normal(4), draw.normal(0, 4))


@points(1, question="layer_norm")
def test_layer_norm_layouts(submission, draw):
    """Inputs and upstream may be transposed, have gaps, or repeat one row without storing it twice."""
    x, gamma, beta = draw.normal(4, 5).T, draw.normal(4, contiguous=False), draw.normal(1).expand(4)
    judge_layer_norm(submission, x, gamma, beta, draw.normal(1, 4).expand(5, 4))
    judge_layer_norm(submission, draw.normal(5, 4, contiguous=False), gamma, beta, draw.normal(4, 5).T)


@points("0.5", question="layer_norm")
def test_layer_norm_float32(submission, draw):
    """In float32 all results are float32."""
    inputs = [draw.normal(*shape, dtype=torch.float32) for shape in ((6, 5), (5,), (5,), (6, 5))]
    judge_layer_norm(submission, *inputs, torch.float32, eps=0.1)


@probe
def layer_norm_interleaved(student, first, second):
    x1, gamma1, beta1, upstream1 = first
    x2, gamma2, beta2, upstream2 = second
    _, cache1 = student.layer_norm_forward(x1, gamma1, beta1)
    _, cache2 = student.layer_norm_forward(x2, gamma2, beta2)
    results = [tuple(student.layer_norm_backward(upstream1, cache1))]
    results.append(tuple(student.layer_norm_backward(upstream2, cache2)))
    results.append(tuple(student.layer_norm_backward(upstream1, cache1)))
    return results, first, second


@points(1, question="layer_norm")
def test_layer_norm_caches_are_separate(submission, draw):
    """Two layers in flight do not disturb each other, and a backward pass can be repeated."""
    first = [draw.normal(5, 4), draw.normal(4), draw.normal(4), draw.normal(5, 4)]
    second = [draw.normal(5, 4), draw.normal(4), draw.normal(4), draw.normal(5, 4)]
    results, *after = submission.run(layer_norm_interleaved, first, second)
    for result, (*inputs, upstream) in zip(results, (first, second, first), strict=True):
        _, grads = pullback(normalised, inputs, upstream)
        assert_all_close(result, grads, ["dx", "dgamma", "dbeta"], rtol=1e-8, atol=1e-9)
    for kept, originals in zip(after, (first, second), strict=True):
        assert_kept(kept, originals, ["x", "gamma", "beta", "upstream"])


# ---------------------------------------------------------------------------------------------------------------------
# The network and its training
# ---------------------------------------------------------------------------------------------------------------------

NAMES = ("w1", "b1", "w2", "b2")


@probe
def net_loss_and_grads(student, params, x, labels, weight_decay):
    net = student.TwoLayerNet(x.shape[1], params["w1"].shape[1], params["w2"].shape[1])
    for name in params:
        net.params[name] = params[name]
    loss, grads = net.loss_and_grads(x, labels, weight_decay=weight_decay)
    return loss, [grads[name] for name in ("w1", "b1", "w2", "b2")]


def net_inputs(draw, rows=5):
    """Parameters for 4 features, 6 hidden units and 3 classes, and a batch."""
    params = {"w1": draw.normal(4, 6), "b1": draw.normal(6), "w2": draw.normal(6, 3), "b2": draw.normal(3)}
    return params, draw.normal(rows, 4), draw.labels(rows, 3)


def logits_of(params, x):
    return (x @ params["w1"] + params["b1"]).clamp(min=0) @ params["w2"] + params["b2"]


def net_oracle(params, x, labels, weight_decay=0.0):
    """The loss and its gradients, in the order of NAMES."""

    def loss(*values):
        named = dict(zip(NAMES, values, strict=True))
        decay = named["w1"].square().sum() + named["w2"].square().sum()
        return mean_cross_entropy(logits_of(named, x.double()), labels) + weight_decay / 2 * decay

    return pullback(loss, [params[name] for name in NAMES])


GRADS = [f"grads[{name!r}]" for name in NAMES]


@points(2, question="two_layer_net")
def test_two_layer_net_weight_decay(submission, draw):
    """Weight decay adds half its factor times the squares of w1 and w2 to the loss, and nothing for the biases."""
    params, x, labels = net_inputs(draw)
    for weight_decay in (0.3, 0.0):
        loss, grads = submission.run(net_loss_and_grads, params, x, labels, weight_decay)
        expected, expected_grads = net_oracle(params, x, labels, weight_decay)
        assert_cost(loss, expected, label=f"loss with weight_decay={weight_decay}")
        assert_all_close(grads, expected_grads, GRADS)


@probe
def net_with_changing_params(student, params, other, x, labels):
    net = student.TwoLayerNet(4, 6, 3, seed=1)
    results = []
    for each in (params, other, params):
        for name in each:
            net.params[name] = each[name]
        results.append(net.forward(x))
    for name in params:
        net.params[name] = params[name].clone()
        net.params[name] *= 2
    return results, net.forward(x), net.loss_and_grads(x, labels)[0]


@points("1.5", question="two_layer_net")
def test_two_layer_net_uses_current_params(submission, draw):
    """Every call uses the tensors that params holds by then: replaced ones, and ones that were changed in place."""
    params, x, labels = net_inputs(draw)
    other, _, _ = net_inputs(draw)
    results, doubled, loss = submission.run(net_with_changing_params, params, other, x, labels)
    expected = [logits_of(each, x) for each in (params, other, params)]
    assert_all_close(results, expected, ["forward", "forward with other params", "forward with the first params again"])
    twice = {name: 2 * params[name] for name in params}
    assert_close(doubled, logits_of(twice, x), label="forward after params were doubled in place")
    assert_cost(loss, mean_cross_entropy(logits_of(twice, x), labels), label="loss after params were doubled in place")


@probe
def net_used_twice(student, params, x, labels):
    net = student.TwoLayerNet(4, 6, 3)
    for name in params:
        net.params[name] = params[name]
    first = net.loss_and_grads(x, labels, weight_decay=0.1)[1]
    net.forward(x[:2])
    second = net.loss_and_grads(x, labels, weight_decay=0.1)[1]
    names = ("w1", "b1", "w2", "b2")
    kept = [net.params[name] for name in names] + [x, labels]
    return [first[name] for name in names], [second[name] for name in names], kept


@points(1, question="two_layer_net")
def test_two_layer_net_leaves_params_alone(submission, draw):
    """Computing the loss and its gradients changes neither parameters nor batch; asked again, it says the same."""
    params, x, labels = net_inputs(draw)
    first, second, kept = submission.run(net_used_twice, params, x, labels)
    _, expected = net_oracle(params, x, labels, 0.1)
    assert_all_close(first, expected, GRADS)
    assert_all_close(second, expected, [f"{name}, the second time" for name in GRADS])
    assert_kept(kept, [*(params[name] for name in NAMES), x, labels], [*NAMES, "x", "labels"])


@probe
def net_logits(student, params, x):
    net = student.TwoLayerNet(4, 6, 3)
    for name in params:
        net.params[name] = params[name]
    return net.forward(x)


@points(1, question="two_layer_net")
def test_two_layer_net_small_batches(submission, draw):
    """One row is a batch; no rows give no logits."""
    params, x, _ = net_inputs(draw, rows=1)
    labels = draw.integers(1, high=2)
    assert_close(submission.run(net_logits, params, x), logits_of(params, x), label="forward")
    loss, grads = submission.run(net_loss_and_grads, params, x, labels, 0.0)
    expected, expected_grads = net_oracle(params, x, labels)
    assert_cost(loss, expected, label="loss")
    assert_all_close(grads, expected_grads, GRADS)
    none = submission.run(net_logits, params, x[:0])
    assert_close(none, torch.empty(0, 3, dtype=torch.float64), label="forward of an empty batch", allow_empty=True)


@points("0.5", question="two_layer_net")
def test_two_layer_net_float32(submission, draw):
    """With float32 parameters and inputs, logits and gradients are float32."""
    params, x, labels = net_inputs(draw)
    params, x = {name: value.float() for name, value in params.items()}, x.float()
    wide = {name: value.double() for name, value in params.items()}
    logits = submission.run(net_logits, params, x)
    assert_all_close([logits], [logits_of(wide, x.double())], ["forward"], torch.float32)
    loss, grads = submission.run(net_loss_and_grads, params, x, labels, 0.1)
    expected, expected_grads = net_oracle(params, x, labels, 0.1)
    assert_cost(loss, expected, torch.float32, label="loss")
    assert_all_close(grads, expected_grads, GRADS, torch.float32)


@probe
def steps_of_sgd(student, params, grads, learning_rate, steps):
    tensors = dict(params)
    for _ in range(steps):
        student.sgd_step(params, grads, learning_rate)
    return tensors, grads


@points("1.5", question="sgd_step")
def test_sgd_step_keeps_grads(submission, draw):
    """Any names and shapes; the gradients are not changed, so that a second step with them is as long as the first."""
    shapes = {"kernel": (2, 3, 2), "scale": (3,), "w1": (4, 2)}
    params = {name: draw.normal(*shape) for name, shape in shapes.items()}
    grads = {name: draw.normal(*shapes[name]) for name in reversed(shapes)}
    tensors, after = submission.run(steps_of_sgd, params, grads, 0.25, 2, changes=("params",))
    for name in shapes:
        assert_close(tensors[name], params[name] - 0.5 * grads[name], label=f"params[{name!r}] after two steps")
    assert_kept(
        [after[name] for name in shapes], [grads[name] for name in shapes], [f"grads[{name!r}]" for name in shapes]
    )


@points("0.5", question="sgd_step")
def test_sgd_step_layouts(submission, draw):
    """Parameters and gradients need not be contiguous, and float32 stays float32."""
    for dtype in (torch.float64, torch.float32):
        params = {"w": draw.normal(3, 4, dtype=dtype, contiguous=False), "b": draw.normal(4, dtype=dtype)}
        grads = {"w": draw.normal(4, 3, dtype=dtype).T, "b": draw.normal(1, dtype=dtype).expand(4)}
        tensors, _ = submission.run(steps_of_sgd, params, grads, 0.25, 1, changes=("params",))
        for name in params:
            assert_close(tensors[name], params[name] - 0.25 * grads[name], label=f"params[{name!r}] after a step")


@probe
def train_and_predict(student, x, labels, x_test, settings):
    return student.train_spiral(x, labels, **settings).forward(x_test)


OF_THE_SPIRAL = "accuracy on 3,000 points of the spiral that were not trained on"


def spiral(draw, per_class):
    """CS231n's toy data, the points in random order."""
    arms = []
    for j in range(3):
        radius = torch.linspace(0, 1, per_class, dtype=torch.float64)
        angle = torch.linspace(j * 4, (j + 1) * 4, per_class, dtype=torch.float64) + draw.normal(per_class, scale=0.2)
        arms.append(torch.stack([radius * angle.sin(), radius * angle.cos()], dim=1))
    order = draw.permutation(3 * per_class)
    return torch.cat(arms).float()[order], torch.arange(3).repeat_interleave(per_class)[order]


@timeout(60)
@points(3, question="train_spiral")
def test_train_spiral_accuracy_mixed(submission, bars):
    """Points in random order, classes numbered in another order: fresh points are classified as well as before."""

    def trial(draw):
        x, labels = spiral(draw, 100)
        x_test, labels_test = spiral(draw, 1000)
        renaming = draw.renamed_labels(3)
        logits = submission.run(train_and_predict, x, renaming.renamed(labels), x_test, {"seed": draw.seed()})
        assert_close(logits, torch.zeros(3000, 3), atol=float("inf"), label="net.forward(x_test)")  # form only
        return (renaming.original(logits.argmax(dim=1)) == labels_test).double().mean().item()

    bars["spiral"].judge(trial, what=OF_THE_SPIRAL)


@probe
def trained_params(student, x, labels, runs):
    trained = []
    for settings in runs:
        params = student.train_spiral(x, labels, **settings).params
        trained.append({name: params[name] for name in ("w1", "b1", "w2", "b2")})
    return trained


def assert_same_params(params, others, why, **tolerance):
    for name in NAMES:
        assert_close(params[name], others[name], label=f"params[{name!r}] {why}", **tolerance)


def assert_other_params(params, others, why):
    if all(torch.equal(params[name], others[name]) for name in NAMES):
        raise CheckFailure(f"train_spiral ends with the same weights {why}")


def points_in_plane(draw, num_classes=3, dtype=torch.float32):
    return draw.normal(20, 2, dtype=dtype), draw.labels(20, num_classes)


@points("1", question="train_spiral")
def test_train_spiral_sizes(submission, draw):
    """The number of classes and of hidden units are those that were asked for."""
    x, labels = points_in_plane(draw, num_classes=4)
    settings = {"num_classes": 4, "hidden": 9, "learning_rate": 0.1, "steps": 2}
    (params,) = submission.run(trained_params, x, labels, [settings])
    shapes = [list(params[name].shape) for name in NAMES]
    assert_close(shapes, [[2, 9], [9], [9, 4], [4]], label="shapes of w1, b1, w2, b2")
    logits = submission.run(train_and_predict, x, labels, x[:7], settings)
    assert_close(list(logits.shape), [7, 4], label="shape of net.forward(x)")


@points(1, question="train_spiral")
def test_train_spiral_arguments(submission, draw):
    """Seed, number of steps and learning rate all have their effect; the same arguments give the same weights."""
    x, labels = points_in_plane(draw)
    base = {"hidden": 8, "learning_rate": 0.1, "steps": 3, "seed": draw.seed()}
    changes = ({}, {}, {"seed": base["seed"] + 1}, {"steps": 4}, {"learning_rate": 0.2})
    still = ({"learning_rate": 0.0}, {"steps": 0}, {"steps": 1})
    runs = [{**base, **change} for change in (*changes, *still)]
    params, again, seed, steps, rate, no_rate, no_steps, one_step = submission.run(trained_params, x, labels, runs)
    assert_same_params(again, params, "of a second run with the same arguments", rtol=1e-4, atol=1e-5)
    assert_same_params(no_rate, no_steps, "with learning rate 0, compared with no steps", rtol=1e-4, atol=1e-5)
    assert_other_params(seed, params, "with another seed")
    assert_other_params(steps, params, "after one step more")
    assert_other_params(one_step, no_steps, "after one step as after none")
    assert_other_params(rate, params, "with twice the learning rate")


@points(1, question="train_spiral")
def test_train_spiral_whole_batch(submission, draw):
    """Each step uses the whole batch: the order of the points makes no difference."""
    x, labels = points_in_plane(draw)
    order = torch.arange(19, -1, -1)
    settings = [{"hidden": 8, "learning_rate": 0.1, "steps": 3, "seed": draw.seed()}]
    (params,) = submission.run(trained_params, x, labels, settings)
    (shuffled,) = submission.run(trained_params, x[order], labels[order], settings)
    assert_same_params(shuffled, params, "with the points in another order", rtol=1e-3, atol=1e-4)


@probe
def train_and_look_back(student, x, labels, settings):
    logits = student.train_spiral(x, labels, **settings).forward(x)
    return logits, x, labels


@points(1, question="train_spiral")
def test_train_spiral_float64(submission, draw):
    """Points in float64 make a net in float64; training changes neither points nor labels."""
    x, labels = points_in_plane(draw, dtype=torch.float64)
    settings = {"hidden": 8, "learning_rate": 0.1, "steps": 2}
    logits, *after = submission.run(train_and_look_back, x, labels, settings)
    assert_close(
        logits, torch.zeros(20, 3, dtype=torch.float64), atol=float("inf"), label="net.forward(x)"
    )  # form only
    assert_kept(after, [x, labels], ["x", "labels"])
