"""Public tests of manual_backprop: run `pytest`, or `pytest -k relu` for one layer.

Every gradient is compared with central differences of a closed form that stands in the test, never of your own
forward. Autograd is switched off while your code runs, so calling it raises an error.
"""

import numpy as np
import torch

from autograder import CheckFailure, assert_close, assert_gradient, points, probe, timeout


def assert_cost(actual, expected, dtype=torch.float64, **kwargs):
    """A cost may be a 0-d tensor, of the inputs' dtype, or a Python float."""
    tolerance = {"rtol": 1e-9, "atol": 1e-11} if dtype == torch.float64 else {"rtol": 1e-4, "atol": 1e-5}
    if isinstance(actual, torch.Tensor):
        assert_close(actual, torch.tensor(float(expected), dtype=dtype), **tolerance, **kwargs)
    else:
        actual = float(actual) if isinstance(actual, np.floating) else actual
        assert_close(actual, float(expected), **tolerance, **kwargs)


# ---------------------------------------------------------------------------------------------------------------------
# Gradient descent, numerical gradient, quadratic cost
# ---------------------------------------------------------------------------------------------------------------------


@probe
def descend_bowl(student, curvature, bottom, start, learning_rate, steps):
    return student.gradient_descent(lambda v: curvature * (v - bottom), start, learning_rate, steps)


@points(2, question="gradient_descent")
def test_gradient_descent_on_a_bowl(submission, draw):
    """On a bowl with curvatures c, each step shrinks the distance to the bottom by the factor 1 - learning_rate * c."""
    curvature, bottom, start = draw.uniform(3, low=0.5, high=2.0), draw.normal(3), draw.normal(3, scale=2.0)
    learning_rate, steps = 0.3, 7
    trajectory = submission.run(descend_bowl, curvature, bottom, start, learning_rate, steps)
    shrink = (1 - learning_rate * curvature) ** torch.arange(steps + 1)[:, None]
    assert_close(
        trajectory,
        bottom + shrink * (start - bottom),
        hint="row 0 is start; row k is row k-1 minus learning_rate times the gradient at row k-1",
    )


@probe
def descend_and_look_back(student, start):
    trajectory = student.gradient_descent(lambda v: 2 * v + 1, start, 0.1, 4)
    return start, trajectory[0]


@points(1, question="gradient_descent")
def test_gradient_descent_keeps_start(submission, draw):
    """The starting point still holds its values afterwards, and is the first row of the trajectory."""
    start = draw.normal(4)
    after, first = submission.run(descend_and_look_back, start)
    assert_close(after, start, label="start after gradient_descent", hint="v -= ... changes start itself")
    assert_close(first, start, label="row 0 of the trajectory")


@probe
def gradient_of_cubic(student, x, c):
    return student.numerical_gradient(lambda x: (c * x**3).sum(), x)


@points("2.5", question="numerical_gradient")
def test_numerical_gradient_is_accurate(submission, draw):
    """Central differences with the default step agree with the derivative of a cubic to seven digits."""
    x, c = draw.normal(3, 4), draw.away_from_kinks(3, 4, gap=0.5)
    assert_close(
        submission.run(gradient_of_cubic, x, c),
        3 * c * x**2,
        rtol=1e-7,
        atol=1e-7,
        hint="an error of about 1e-5 means a one-sided difference; a factor 2 a wrong denominator",
    )


@probe
def differentiate_and_look_back(student, x):
    grad = student.numerical_gradient(lambda x: (x**2).sum(), x)
    return x, grad


@points("1.5", question="numerical_gradient")
def test_numerical_gradient_restores_x(submission, draw):
    """Afterwards x holds its old values, bit for bit."""
    x = draw.normal(5, 8)
    after, grad = submission.run(differentiate_and_look_back, x)
    hint = "x + h - 2h + h is not x in floating point: keep the old value and write it back, or work on a copy"
    assert_close(after, x, rtol=0, atol=0, label="x after numerical_gradient", hint=hint)
    assert_close(grad, 2 * x, rtol=0.1, atol=0.1, label="numerical_gradient")  # who does nothing leaves x alone, too


@probe
def quadratic(student, predictions, targets):
    cost, grad = student.quadratic_cost(predictions, targets)
    return cost, grad


@points("1.5", question="quadratic_cost")
def test_quadratic_cost_value(submission, draw):
    """The cost is the sum of the squares of all entries, divided by twice the number of rows."""
    predictions, targets = draw.normal(5, 3), draw.normal(5, 3)
    cost, _ = submission.run(quadratic, predictions, targets)
    assert_cost(
        cost,
        sum((p - t) ** 2 for p, t in zip(predictions.flatten().tolist(), targets.flatten().tolist(), strict=True)) / 10,
        label="quadratic_cost(...)[0]",
        hint="divide the sum by 2N: N counts rows, not entries",
    )


@points("1.5", question="quadratic_cost")
def test_quadratic_cost_gradient(submission, draw):
    """The gradient is that of the cost with respect to the predictions."""
    predictions, targets = draw.normal(5, 3), draw.normal(5, 3)
    _, grad = submission.run(quadratic, predictions, targets)
    assert_gradient(grad, of=lambda p: (p - targets).square().sum() / 10, at=predictions)


# ---------------------------------------------------------------------------------------------------------------------
# Layers: outputs against closed forms, gradients against their central differences, always with a random upstream
# ---------------------------------------------------------------------------------------------------------------------


@probe
def linear(student, x, w, b, upstream):
    out, cache = student.linear_forward(x, w, b)
    dx, dw, db = student.linear_backward(upstream, cache)
    return out, dx, dw, db


@probe
def linear_output(student, x, w, b):
    out, _ = student.linear_forward(x, w, b)
    return out


def linear_inputs(draw):
    """x (5, 4), w (4, 3), b (3,) and an upstream (5, 3): no two sizes are equal, so mixed-up axes show."""
    return draw.normal(5, 4), draw.normal(4, 3), draw.normal(3), draw.normal(5, 3)


@points(1, question="linear")
def test_linear_forward(submission, draw):
    """Each row of x is multiplied by w, and b is added."""
    x, w, b, _ = linear_inputs(draw)
    out = submission.run(linear_output, x, w, b)
    expected = torch.stack([(row[:, None] * w).sum(dim=0) + b for row in x])
    assert_close(out, expected, label="linear_forward(x, w, b)[0]")


@points("1.5", question="linear")
def test_linear_backward_dx(submission, draw):
    """The gradient with respect to x is that of the closed form; autograd is switched off, it has to come from you."""
    x, w, b, upstream = linear_inputs(draw)
    _, dx, _, _ = submission.run(linear, x, w, b, upstream)
    assert_gradient(dx, of=lambda x: x @ w + b, at=x, upstream=upstream, label="dx")


@points("1.5", question="linear")
def test_linear_backward_dw(submission, draw):
    """The gradient with respect to w adds up what every row contributes."""
    x, w, b, upstream = linear_inputs(draw)
    _, _, dw, _ = submission.run(linear, x, w, b, upstream)
    assert_gradient(dw, of=lambda w: x @ w + b, at=w, upstream=upstream, label="dw")


@points("1.5", question="linear")
def test_linear_backward_db(submission, draw):
    """The gradient with respect to b adds up what every row contributes: b is used once a row."""
    x, w, b, upstream = linear_inputs(draw)
    _, _, _, db = submission.run(linear, x, w, b, upstream)
    assert_gradient(db, of=lambda b: x @ w + b, at=b, upstream=upstream, label="db")


@probe
def relu(student, x, upstream):
    out, cache = student.relu_forward(x)
    return out, student.relu_backward(upstream, cache)


@probe
def relu_output(student, x):
    out, _ = student.relu_forward(x)
    return out


@points(1, question="relu")
def test_relu_forward(submission, draw):
    """Positive entries pass, the others become 0."""
    x = draw.normal(4, 5)
    out = submission.run(relu_output, x)
    expected = torch.tensor([[max(value, 0.0) for value in row] for row in x.tolist()], dtype=torch.float64)
    assert_close(out, expected, label="relu_forward(x)[0]")


@points("1.5", question="relu")
def test_relu_backward(submission, draw):
    """The gradient passes where x is positive and is 0 where x is negative, whatever the sign of the upstream."""
    x, upstream = draw.away_from_kinks(4, 5), draw.normal(4, 5)
    _, dx = submission.run(relu, x, upstream)
    assert_gradient(dx, of=lambda x: x.clamp(min=0), at=x, upstream=upstream, label="dx")


@points(1, question="relu")
def test_relu_backward_at_zero(submission, draw):
    """At exactly 0, and at -0.0, the gradient is 0."""
    x = torch.tensor([[0.0, 1.5, -0.0], [-2.0, 0.0, 3.0]], dtype=torch.float64)
    upstream = draw.away_from_kinks(2, 3)
    _, dx = submission.run(relu, x, upstream)
    zero = torch.zeros_like(upstream)
    assert_close(dx, torch.where(x > 0, upstream, zero), label="dx", hint="the contract: gradient 0 at 0")


@probe
def sigmoid(student, x, upstream):
    out, cache = student.sigmoid_forward(x)
    return out, student.sigmoid_backward(upstream, cache)


@probe
def sigmoid_output(student, x):
    out, _ = student.sigmoid_forward(x)
    return out


@points("1.5", question="sigmoid")
def test_sigmoid_forward(submission, draw):
    """Entry by entry 1 / (1 + exp(-x))."""
    x = draw.normal(4, 5, scale=2.0)
    out = submission.run(sigmoid_output, x)
    expected = torch.tensor([[1 / (1 + np.exp(-value)) for value in row] for row in x.tolist()], dtype=torch.float64)
    assert_close(out, expected, label="sigmoid_forward(x)[0]")


@points("1.5", question="sigmoid")
def test_sigmoid_backward(submission, draw):
    """The gradient is the upstream times the slope of the sigmoid."""
    x, upstream = draw.normal(4, 5, scale=2.0), draw.normal(4, 5)
    _, dx = submission.run(sigmoid, x, upstream)
    assert_gradient(dx, of=lambda x: 1 / (1 + torch.exp(-x)), at=x, upstream=upstream, label="dx")


@points(1, question="sigmoid")
def test_sigmoid_forward_is_stable(submission):
    """For very large and very small x the result is 1 and 0, never NaN, in both precisions."""
    values, expected = [1e4, -1e4, 800.0, -800.0, 100.0, -100.0, 0.0], [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.5]
    for dtype in (torch.float64, torch.float32):
        out = submission.run(sigmoid_output, torch.tensor([values], dtype=dtype))
        assert_close(
            out,
            torch.tensor([expected], dtype=dtype),
            label=f"sigmoid_forward at {values}",
            hint="inf / inf is NaN: choose a formula by the sign of x, so that exp only sees negative numbers",
        )


@probe
def cross_entropy(student, logits, labels):
    loss, dlogits = student.softmax_cross_entropy(logits, labels)
    return loss, dlogits


def mean_cross_entropy(logits, labels):
    """The loss in one line of trusted torch functions."""
    return (logits.logsumexp(dim=1) - logits.gather(1, labels[:, None])[:, 0]).mean()


@points(2, question="softmax_cross_entropy")
def test_softmax_cross_entropy_loss(submission, draw):
    """The loss is the mean over rows of -log of the probability of the right class."""
    logits, labels = draw.normal(6, 4, scale=3.0), draw.labels(6, 4)
    loss, _ = submission.run(cross_entropy, logits, labels)
    assert_cost(
        loss,
        mean_cross_entropy(logits, labels),
        label="softmax_cross_entropy(...)[0]",
        hint="first the logarithm, then the mean over rows",
    )


@points(2, question="softmax_cross_entropy")
def test_softmax_cross_entropy_gradient(submission, draw):
    """The gradient is that of the mean loss with respect to the logits."""
    logits, labels = draw.normal(6, 4, scale=2.0), draw.labels(6, 4)
    _, dlogits = submission.run(cross_entropy, logits, labels)
    hint = "every class gets a gradient, and each row of it adds up to 0"
    assert_gradient(dlogits, of=lambda z: mean_cross_entropy(z, labels), at=logits, label="dlogits", hint=hint)


@points("1.5", question="softmax_cross_entropy")
def test_softmax_cross_entropy_loss_is_stable(submission):
    """With logits of 1e4 and -1e4 the loss is finite and right, also where the right class has hardly a chance."""
    logits = [[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [-1e4, -1e4, -1e4], [3.0, 1e4, -2.0]]
    labels = torch.tensor([1, 2, 0, 1])
    for dtype in (torch.float64, torch.float32):
        loss, _ = submission.run(cross_entropy, torch.tensor(logits, dtype=dtype), labels)
        expected = (2e4 + np.log(2) + np.log(3) + 0) / 4
        hint = "subtract each row's maximum before exp; take log-probabilities, not the log of probabilities"
        assert_cost(loss, expected, dtype, label="softmax_cross_entropy(...)[0]", hint=hint)


@probe
def layer_norm(student, x, gamma, beta, upstream):
    out, cache = student.layer_norm_forward(x, gamma, beta)
    dx, dgamma, dbeta = student.layer_norm_backward(upstream, cache)
    return out, dx, dgamma, dbeta


@probe
def layer_norm_output(student, x, gamma, beta):
    out, _ = student.layer_norm_forward(x, gamma, beta)
    return out


def layer_norm_inputs(draw):
    """x (5, 4), gamma (4,), beta (4,) and an upstream (5, 4); rows of different mean and spread."""
    x = draw.normal(5, 4) * draw.uniform(5, 1, low=0.5, high=2.0) + draw.normal(5, 1)
    return x, draw.normal(4, shift=1.0), draw.normal(4), draw.normal(5, 4)


def normalised(x, mean_of, variance_of, gamma, beta):
    """Layer normalisation of x; mean and variance may be taken from other tensors, to follow one path at a time."""
    mean = mean_of.mean(dim=1, keepdim=True)
    variance = variance_of.var(dim=1, keepdim=True, correction=0)
    return gamma * (x - mean) / torch.sqrt(variance + 1e-5) + beta


@points(2, question="layer_norm")
def test_layer_norm_forward(submission, draw):
    """Each row gets mean 0 and (biased) variance 1, then is scaled by gamma and shifted by beta."""
    x, gamma, beta, _ = layer_norm_inputs(draw)
    out = submission.run(layer_norm_output, x, gamma, beta)
    hint = "biased variance divides by D, not D - 1; mean and variance are taken along each row"
    assert_close(out, normalised(x, x, x, gamma, beta), label="layer_norm_forward(...)[0]", hint=hint)


@points(3, question="layer_norm")
def test_layer_norm_backward_dx(submission, draw):
    """The gradient with respect to x counts all three paths: x itself, the mean, and the variance."""
    x, gamma, beta, upstream = layer_norm_inputs(draw)
    _, dx, _, _ = submission.run(layer_norm, x, gamma, beta, upstream)
    leaf = x.clone().requires_grad_()
    through_mean = torch.autograd.grad(normalised(x, leaf, x, gamma, beta), leaf, upstream)[0]
    through_variance = torch.autograd.grad(normalised(x, x, leaf, gamma, beta), leaf, upstream)[0]
    assert_gradient(
        dx,
        of=lambda x: normalised(x, x, x, gamma, beta),
        at=x,
        upstream=upstream,
        terms={"the path through the mean": through_mean, "the path through the variance": through_variance},
        label="dx",
    )


@points("1.5", question="layer_norm")
def test_layer_norm_backward_dgamma_dbeta(submission, draw):
    """The gradients with respect to gamma and beta add up what every row contributes."""
    x, gamma, beta, upstream = layer_norm_inputs(draw)
    _, _, dgamma, dbeta = submission.run(layer_norm, x, gamma, beta, upstream)
    assert_gradient(dgamma, of=lambda g: normalised(x, x, x, g, beta), at=gamma, upstream=upstream, label="dgamma")
    assert_gradient(dbeta, of=lambda b: normalised(x, x, x, gamma, b), at=beta, upstream=upstream, label="dbeta")


# ---------------------------------------------------------------------------------------------------------------------
# The network
# ---------------------------------------------------------------------------------------------------------------------


@probe
def fresh_shapes(student):
    params = student.TwoLayerNet(2, 7, 3).params
    return [[name, list(params[name].shape)] for name in sorted(params)]


@points(1, question="two_layer_net")
def test_two_layer_net_shapes(submission):
    """A new net holds w1, b1, w2 and b2 in params, with the shapes of the contract."""
    shapes = submission.run(fresh_shapes)
    assert_close(
        shapes, [["b1", [7]], ["b2", [3]], ["w1", [2, 7]], ["w2", [7, 3]]], label="TwoLayerNet(2, 7, 3).params"
    )


@probe
def three_nets(student, seed, other):
    nets = []
    for each in (seed, seed, other):
        nets.append(student.TwoLayerNet(4, 6, 3, seed=each))
        torch.rand(3)  # whoever else draws random numbers must not matter
    return [{name: net.params[name].tolist() for name in ("w1", "b1", "w2", "b2")} for net in nets]


@points(1, question="two_layer_net")
def test_two_layer_net_seed(submission, draw):
    """The same seed gives the same weights, another seed other weights."""
    seed = draw.seed()
    first, again, other = submission.run(three_nets, seed, seed + 1)
    for name in first:
        assert_close(again[name], first[name], label=f"{name} of a second net with seed {seed}")
    if first == other:
        raise CheckFailure(f"TwoLayerNet has the same weights with seed {seed} and with seed {seed + 1}")


@probe
def net_logits(student, params, x):
    net = student.TwoLayerNet(4, 6, 3)
    for name in params:
        net.params[name] = params[name]
    return net.forward(x)


@probe
def net_loss_and_grads(student, params, x, labels):
    net = student.TwoLayerNet(4, 6, 3)
    for name in params:
        net.params[name] = params[name]
    loss, grads = net.loss_and_grads(x, labels)
    return loss, {name: grads[name] for name in ("w1", "b1", "w2", "b2")}


def logits_of(params, x):
    return (x @ params["w1"] + params["b1"]).clamp(min=0) @ params["w2"] + params["b2"]


def net_inputs(draw):
    """Parameters of order one for 4 features, 6 hidden units and 3 classes, and a batch of 5 away from ReLU's kink."""
    while True:
        params = {"w1": draw.normal(4, 6), "b1": draw.normal(6), "w2": draw.normal(6, 3), "b2": draw.normal(3)}
        x = draw.normal(5, 4)
        if (x @ params["w1"] + params["b1"]).abs().min() > 0.02:
            return params, x, draw.labels(5, 3)


@points("1.5", question="two_layer_net")
def test_two_layer_net_forward(submission, draw):
    """The logits are those of linear, ReLU, linear with the parameters that stand in params."""
    params, x, _ = net_inputs(draw)
    logits = submission.run(net_logits, params, x)
    assert_close(logits, logits_of(params, x), label="net.forward(x)")


@points("2.5", question="two_layer_net")
def test_two_layer_net_loss_and_grads(submission, draw):
    """The loss is the cross entropy of the logits, and each parameter has its gradient."""
    params, x, labels = net_inputs(draw)
    loss, grads = submission.run(net_loss_and_grads, params, x, labels)
    assert_cost(loss, mean_cross_entropy(logits_of(params, x), labels), label="net.loss_and_grads(...)[0]")
    for name in params:
        assert_gradient(
            grads[name],
            of=lambda value, name=name: mean_cross_entropy(logits_of({**params, name: value}, x), labels),
            at=params[name],
            label=f"grads[{name!r}]",
        )


@probe
def step(student, params, grads, learning_rate):
    tensors = dict(params)
    student.sgd_step(params, grads, learning_rate)
    return tensors, {name: params[name] for name in tensors}


@points(2, question="sgd_step")
def test_sgd_step_in_place(submission, draw):
    """Each parameter moves against its gradient, in the tensor that params held before the call."""
    params = {"w1": draw.normal(2, 3), "b1": draw.normal(3)}
    grads = {"w1": draw.normal(2, 3), "b1": draw.normal(3)}
    tensors, after = submission.run(step, params, grads, 0.3, changes=("params",))
    for name in params:
        expected = params[name] - 0.3 * grads[name]
        assert_close(after[name], expected, label=f"params[{name!r}]")
        hint = "p = p - ... makes a new tensor; change the one that is there, with p -= ... or p.sub_(...)"
        assert_close(tensors[name], expected, label=f"the tensor that params[{name!r}] held before", hint=hint)


@probe
def train_and_predict(student, x, labels, x_test):
    return student.train_spiral(x, labels).forward(x_test)


def spiral(draw, per_class):
    """CS231n's toy data: three arms of radius 0 to 1, each turning by 4 radians, with noise on the angle."""
    arms = []
    for j in range(3):
        radius = torch.linspace(0, 1, per_class, dtype=torch.float64)
        angle = torch.linspace(j * 4, (j + 1) * 4, per_class, dtype=torch.float64) + draw.normal(per_class, scale=0.2)
        arms.append(torch.stack([radius * angle.sin(), radius * angle.cos()], dim=1))
    return torch.cat(arms).float(), torch.arange(3).repeat_interleave(per_class)


@timeout(60)
@points(4, question="train_spiral")
def test_train_spiral_accuracy(submission, bars):
    """A net trained on 3 x 100 points of the spiral with the default arguments classifies fresh points of it."""

    def trial(draw):
        x, labels = spiral(draw, 100)
        x_test, labels_test = spiral(draw, 1000)
        order = draw.permutation(3000)  # the place of a point must not tell its class
        x_test, labels_test = x_test[order], labels_test[order]
        renaming = draw.renamed_labels(3)  # weights that were trained elsewhere know other labels
        logits = submission.run(train_and_predict, x, renaming.renamed(labels), x_test)
        assert_close(logits, torch.zeros(3000, 3), atol=float("inf"), label="net.forward(x_test)")  # its form only
        return (renaming.original(logits.argmax(dim=1)) == labels_test).double().mean().item()

    bars["spiral"].judge(
        trial,
        what="accuracy on 3,000 points of the spiral that were not trained on",
        trials=1,
        hint="a linear classifier gets about 0.5; print the loss every 200 steps: it must fall to below 0.1",
    )
