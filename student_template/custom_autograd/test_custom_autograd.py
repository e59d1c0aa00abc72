"""Public tests of custom_autograd: run `pytest`, or `pytest -k relu` for one question.

Gradients are compared with central differences of a closed form that stands in the test, never of your own forward,
and always for a random upstream. Second derivatives are compared with those that torch finds for the closed form.
"""

import math

import torch

from autograder import CheckFailure, assert_close, assert_gradient, points, probe, timeout

# ---------------------------------------------------------------------------------------------------------------------
# How the functions are judged
# ---------------------------------------------------------------------------------------------------------------------


@probe
def pullback(student, name, inputs, upstream):
    """The value of name.apply(*inputs), the gradients of its floating inputs, and whether backward is the student's.

    It is when a Function stands in the graph, and when computing the gradients records nothing for autograd.
    """
    leaves = [x.requires_grad_() for x in inputs if isinstance(x, torch.Tensor) and x.is_floating_point()]
    out = getattr(student, name).apply(*inputs)
    nodes, seen, recorded = [out.grad_fn], set(), []
    while nodes:
        node = nodes.pop()
        if node is not None and node not in seen:
            seen.add(node)
            nodes += [before for before, _ in node.next_functions]
    functions = any(isinstance(node, torch.autograd.function.BackwardCFunction) for node in seen)
    with torch.autograd.graph.saved_tensors_hooks(lambda x: recorded.append(1) or x, lambda x: x):
        gradients = torch.autograd.grad(out, leaves, upstream)
    return out, list(gradients), functions and not recorded


def assert_by_hand(name, by_hand):
    """The derivative comes from a backward that the student wrote."""
    if by_hand is not True:
        raise CheckFailure(
            f"{name}.apply is differentiated by torch, not by a backward of yours",
            ["the result's graph holds no autograd Function, or backward itself calls on autograd"],
            hint=f"class {name}(torch.autograd.Function) with forward and backward, and formulas in backward",
        )


def judge_pullback(submission, name, inputs, upstream, value, arguments, hints=None):
    """Value and gradients; ``value`` is trusted, a function of the floating inputs, whose names are ``arguments``."""
    out, gradients, by_hand = submission.run(pullback, name, inputs, upstream)
    floating = [x for x in inputs if isinstance(x, torch.Tensor) and x.is_floating_point()]
    assert_close(out, value(*floating), label=f"the value of {name}.apply", hint=(hints or {}).get("value"))
    for i, argument in enumerate(arguments):
        assert_gradient(
            gradients[i],
            of=lambda moved, i=i: value(*floating[:i], moved, *floating[i + 1 :]),
            at=floating[i],
            upstream=upstream,
            label=f"the gradient of {argument}",
            hint=(hints or {}).get(argument),
        )
    assert_by_hand(name, by_hand)


@probe
def pullback_twice(student, name, inputs, upstream, directions):
    """The gradients of sum(gradient * direction), with respect to the floating inputs and the upstream."""
    leaves = [x.requires_grad_() for x in inputs if isinstance(x, torch.Tensor) and x.is_floating_point()]
    upstream.requires_grad_()
    out = getattr(student, name).apply(*inputs)
    gradients = torch.autograd.grad(out, leaves, upstream, create_graph=True)
    total = sum((gradient * direction).sum() for gradient, direction in zip(gradients, directions, strict=True))
    if not total.requires_grad:
        return None
    return list(torch.autograd.grad(total, [*leaves, upstream], materialize_grads=True))


def twice_by_torch(value, floating, upstream, directions):
    """The same of a trusted function."""
    leaves = [x.clone().requires_grad_() for x in (*floating, upstream)]
    gradients = torch.autograd.grad(value(*leaves[:-1]), leaves[:-1], leaves[-1], create_graph=True)
    total = sum((gradient * direction).sum() for gradient, direction in zip(gradients, directions, strict=True))
    return torch.autograd.grad(total, leaves, materialize_grads=True)


def judge_twice(submission, draw, name, inputs, upstream, value, arguments):
    """Second derivatives through a random direction for each gradient."""
    floating = [x for x in inputs if isinstance(x, torch.Tensor) and x.is_floating_point()]
    directions = [draw.normal(*x.shape) for x in floating]
    results = submission.run(pullback_twice, name, inputs, upstream, directions)
    if results is None:
        raise CheckFailure(
            f"the gradients of {name}.apply can't be differentiated again",
            ["they depend on no input, nor on the upstream, as far as autograd can see"],
            cause="backward is cut off from the graph",
            hint="look for .data, .detach(), .item(), .numpy(), torch.no_grad() and once_differentiable",
        )
    expected = twice_by_torch(value, floating, upstream, directions)
    hint = "what forward computes on the way counts as a constant in backward: save inputs and outputs only"
    for result, right, argument in zip(results, expected, [*arguments, "the upstream"], strict=True):
        assert_close(
            result, right, rtol=1e-8, atol=1e-9, label=f"the second derivative with respect to {argument}", hint=hint
        )


# ---------------------------------------------------------------------------------------------------------------------
# ReLU, Sigmoid
# ---------------------------------------------------------------------------------------------------------------------


@points(2, question="relu")
def test_relu_gradient(submission, draw):
    """The value is max(x, 0), and the upstream passes where x is positive; a Function of your own does it."""
    x, upstream = draw.away_from_kinks(4, 5), draw.normal(4, 5)
    judge_pullback(submission, "ReLU", [x], upstream, lambda x: x.clamp(min=0), ["x"])


@points(1, question="relu")
def test_relu_gradient_at_zero(submission, draw):
    """At exactly 0, and at -0.0, the gradient is 0."""
    x = torch.tensor([[0.0, 1.5, -0.0], [-2.0, 0.0, 3.0]], dtype=torch.float64)
    upstream = draw.away_from_kinks(2, 3)
    upstream[0, 1] = -upstream[0, 1].abs()  # one that passes is negative
    _, (gradient,), _ = submission.run(pullback, "ReLU", [x], upstream)
    expected = torch.where(x > 0, upstream, torch.zeros_like(upstream))
    assert_close(gradient, expected, label="the gradient of x", hint="the contract: gradient 0 at 0")


@probe
def mean_of_squares(student, x):
    x.requires_grad_()
    before = x.grad
    out = (3 * student.ReLU.apply(x + 2) ** 2).mean()
    out.backward(retain_graph=True)
    once = x.grad.clone()
    out.backward()
    return before, out, once, x.grad


@points(1, question="relu")
def test_relu_in_the_worked_example(submission, draw):
    """In mean(3 relu(x + 2)^2) the gradients are the handout's; a second backward adds to what is there."""
    either_side = draw.away_from_kinks(2, 3).abs() * torch.tensor([[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]])
    for x in (torch.ones(2, 2, dtype=torch.float64), either_side - 2):
        before, out, once, twice = submission.run(mean_of_squares, x)
        active = (x + 2).clamp(min=0)
        assert_close(before, None, label="x.grad before backward")
        assert_close(out, 3 * (active**2).mean(), label="the mean")
        assert_close(once, 6 * active / x.numel(), label="x.grad after backward")
        assert_close(twice, 12 * active / x.numel(), label="x.grad after a second backward")


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


@points(2, question="sigmoid")
def test_sigmoid_gradient(submission, draw):
    """The value is 1 / (1 + exp(-x)), and the gradient the upstream times its slope."""
    x, upstream = draw.normal(4, 5, scale=2.0), draw.normal(4, 5)
    judge_pullback(submission, "Sigmoid", [x], upstream, sigmoid, ["x"])


@points("1.5", question="sigmoid")
def test_sigmoid_second_derivative(submission, draw):
    """The gradient can be differentiated again, with respect to x and to the upstream."""
    judge_twice(submission, draw, "Sigmoid", [draw.normal(3, 4)], draw.normal(3, 4), sigmoid, ["x"])


@points(1, question="sigmoid")
def test_sigmoid_is_stable(submission, draw):
    """For very large and very small x value and gradient are finite and right, in both precisions."""
    x = torch.tensor([1e4, -1e4, 800.0, -800.0, 100.0, -100.0, 0.0], dtype=torch.float64)
    expected = torch.tensor([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.5], dtype=torch.float64)
    hint = "inf / inf is NaN: choose a formula by the sign of x, so that exp only sees negative numbers"
    for dtype in (torch.float64, torch.float32):
        upstream = draw.away_from_kinks(7, dtype=dtype)
        out, (gradient,), _ = submission.run(pullback, "Sigmoid", [x.to(dtype)], upstream)
        assert_close(out, expected.to(dtype), label="Sigmoid.apply at 1e4, -1e4, ...", hint=hint)
        slope = torch.tensor([0, 0, 0, 0, 0, 0, 0.25], dtype=dtype)
        assert_close(gradient, upstream * slope, label="the gradient at 1e4, -1e4, ...", hint=hint)


# ---------------------------------------------------------------------------------------------------------------------
# Linear
# ---------------------------------------------------------------------------------------------------------------------


def linear(x, weight, bias=None):
    out = torch.einsum("...d,md->...m", x, weight)
    return out + bias if bias is not None else out


LINEAR_HINTS = {"value": "weight is (M, D), as in torch.nn.Linear: x @ weight.T", "bias": "each row adds its part"}


@points(3, question="linear")
def test_linear_gradients(submission, draw):
    """x @ weight.T + bias, and the gradients of all three."""
    inputs, upstream = [draw.normal(5, 4), draw.normal(3, 4), draw.normal(3)], draw.normal(5, 3)
    judge_pullback(submission, "Linear", inputs, upstream, linear, ["x", "weight", "bias"], LINEAR_HINTS)


@points("1.5", question="linear")
def test_linear_without_bias(submission, draw):
    """The bias may be None, or may not be given at all."""
    x, weight, upstream = draw.normal(5, 4), draw.normal(3, 4), draw.normal(5, 3)
    judge_pullback(submission, "Linear", [x, weight, None], upstream, linear, ["x", "weight"], LINEAR_HINTS)
    judge_pullback(submission, "Linear", [x, weight], upstream, linear, ["x", "weight"], LINEAR_HINTS)


@points(2, question="linear")
def test_linear_second_derivatives(submission, draw):
    """The gradients can be differentiated again, with respect to all inputs and to the upstream."""
    inputs, upstream = [draw.normal(5, 4), draw.normal(3, 4), draw.normal(3)], draw.normal(5, 3)
    judge_twice(submission, draw, "Linear", inputs, upstream, linear, ["x", "weight", "bias"])


# ---------------------------------------------------------------------------------------------------------------------
# LogSumExp
# ---------------------------------------------------------------------------------------------------------------------


def logsumexp_along(dim):
    return lambda x: x.exp().sum(dim=dim).log()


@points(2, question="logsumexp")
def test_logsumexp_gradient(submission, draw):
    """Along dimension 1 of a matrix: the value lacks that dimension, the gradient spreads over it."""
    x, upstream = draw.normal(4, 5, scale=2.0), draw.normal(4)
    judge_pullback(submission, "LogSumExp", [x, 1], upstream, logsumexp_along(1), ["x"])


@points(1, question="logsumexp")
def test_logsumexp_dimensions(submission, draw):
    """Any dimension, counted from the front or from the back."""
    x = draw.normal(2, 3, 4)
    for dim in (0, 1, -1, -2):
        upstream = draw.normal(*(size for i, size in enumerate(x.shape) if i != dim % 3))
        hint = f"dim is {dim}: the upstream lacks that dimension, and must get it back where it was"
        hints = {"x": hint, "value": hint}
        judge_pullback(submission, "LogSumExp", [x, dim], upstream, logsumexp_along(dim), ["x"], hints)


@points("1.5", question="logsumexp")
def test_logsumexp_is_stable(submission, draw):
    """Entries of 1e30 (float32: 1e4) of either sign neither overflow nor vanish, in value and gradient."""
    hint = "subtract the largest entry of each slice before exp"
    for dtype, big in ((torch.float64, 1e30), (torch.float32, 1e4)):
        x = torch.tensor([[big, 0, -big], [-big, -2 * big, -3 * big], [1, -big, -2 * big]], dtype=dtype)
        upstream = draw.away_from_kinks(3, dtype=dtype)
        out, (gradient,), _ = submission.run(pullback, "LogSumExp", [x, 1], upstream)
        assert_close(out, x[:, 0], label="the value", hint=hint)
        first = torch.zeros_like(x)
        first[:, 0] = upstream
        assert_close(gradient, first, label="the gradient of x", hint=hint)


# ---------------------------------------------------------------------------------------------------------------------
# Clamp, RoundSTE, ReverseGradient
# ---------------------------------------------------------------------------------------------------------------------


@points("1.5", question="clamp")
def test_clamp_gradient(submission, draw):
    """Values between the bounds pass and so does their gradient; the others become the bound, and their gradient 0."""
    low, high = -0.7, 1.1
    x, upstream = draw.away_from_kinks(4, 5, kinks=(low, high), scale=1.5), draw.normal(4, 5)
    judge_pullback(submission, "Clamp", [x, low, high], upstream, lambda x: x.clamp(low, high), ["x"])


@points(1, question="clamp")
def test_clamp_gradient_at_the_bounds(submission, draw):
    """At exactly the lower and exactly the upper bound the gradient is 1."""
    x = torch.tensor([-0.5, 2.0, 0.0, -0.75, 2.25, 2.0, -0.5], dtype=torch.float64)
    upstream = draw.away_from_kinks(7)
    out, (gradient,), _ = submission.run(pullback, "Clamp", [x, -0.5, 2.0], upstream)
    assert_close(out, torch.tensor([-0.5, 2.0, 0.0, -0.5, 2.0, 2.0, -0.5], dtype=torch.float64), label="the value")
    inside = torch.tensor([1, 1, 1, 0, 0, 1, 1], dtype=torch.float64)
    assert_close(gradient, inside * upstream, label="the gradient of x", hint="both bounds belong to the inside")


@points("1.5", question="round_ste")
def test_round_ste_gradient(submission, draw):
    """Values are rounded, and the upstream goes straight through."""
    x, upstream = draw.away_from_kinks(4, 5, kinks=(-1.5, -0.5, 0.5, 1.5), scale=1.5), draw.normal(4, 5)
    out, (gradient,), by_hand = submission.run(pullback, "RoundSTE", [x], upstream)
    assert_close(out, (x + 0.5).floor(), label="the value of RoundSTE.apply")
    assert_close(gradient, upstream, label="the gradient of x", hint="as if the function were the identity")
    assert_by_hand("RoundSTE", by_hand)


@points("0.5", question="round_ste")
def test_round_ste_ties(submission, draw):
    """Halves go to the even neighbour, as with torch.round."""
    x, upstream = torch.tensor([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 3.5], dtype=torch.float64), draw.normal(7)
    out, (gradient,), _ = submission.run(pullback, "RoundSTE", [x], upstream)
    assert_close(out, torch.tensor([0.0, 2, 2, 0, -2, -2, 4], dtype=torch.float64), label="the value of RoundSTE.apply")
    assert_close(gradient, upstream, label="the gradient of x")


@points("1.5", question="reverse_gradient")
def test_reverse_gradient(submission, draw):
    """The value is x; the gradient is the upstream times -scale."""
    x, upstream, scale = draw.normal(4, 5), draw.normal(4, 5), 0.1 + draw.uniform(1).item()
    out, (gradient,), by_hand = submission.run(pullback, "ReverseGradient", [x, scale], upstream)
    assert_close(out, x, label="the value of ReverseGradient.apply")
    assert_close(gradient, -scale * upstream, label="the gradient of x", hint="the scale acts in backward only")
    assert_by_hand("ReverseGradient", by_hand)


@probe
def two_heads(student, features, upstream, scale):
    features.requires_grad_()
    through = student.ReverseGradient.apply(features, scale)
    loss = (upstream * features).sum() + (through**2).sum()
    return torch.autograd.grad(loss, features)[0]


@points(1, question="reverse_gradient")
def test_reverse_gradient_between_two_heads(submission, draw):
    """Features with two heads, one behind the reversal: its part of the gradient is turned round, the other is not."""
    features, upstream = draw.normal(3, 4), draw.normal(3, 4)
    gradient = submission.run(two_heads, features, upstream, 0.5)
    assert_close(gradient, upstream - 0.5 * 2 * features, label="the gradient of the features")


# ---------------------------------------------------------------------------------------------------------------------
# SquareInPlace
# ---------------------------------------------------------------------------------------------------------------------


@probe
def square_in_place(student, x, upstream):
    leaf = x.requires_grad_()
    given = leaf.clone()
    out = student.SquareInPlace.apply(given)
    node, recorded = out.grad_fn, []
    with torch.autograd.graph.saved_tensors_hooks(lambda x: recorded.append(1) or x, lambda x: x):
        gradient = torch.autograd.grad(out, leaf, upstream)[0]
    by_hand = isinstance(node, torch.autograd.function.BackwardCFunction) and not recorded
    with torch.no_grad():
        given += 1  # who got a copy does not see it
    return out, gradient, by_hand


@points(2, question="square_in_place")
def test_square_in_place_returns_x(submission, draw):
    """What comes back is x itself, squared: a later change of x shows in it."""
    x = draw.normal(4, 5)
    out, _, by_hand = submission.run(square_in_place, x, draw.normal(4, 5))
    assert_close(out, x**2 + 1, label="the result after x += 1", hint="change x itself and return it")
    assert_by_hand("SquareInPlace", by_hand)


@points(2, question="square_in_place")
def test_square_in_place_gradient(submission, draw):
    """The gradient is that of x squared at the old values, of either sign."""
    x, upstream = draw.away_from_kinks(4, 5), draw.normal(4, 5)
    _, gradient, _ = submission.run(square_in_place, x, upstream)
    hint = "after the change x holds the squares: backward needs the old values, kept before"
    assert_gradient(gradient, of=lambda x: x**2, at=x, upstream=upstream, label="the gradient of x", hint=hint)


@probe
def squared_by_the_way(student, x, upstream):
    leaf = x.requires_grad_()
    given = leaf * 3
    student.SquareInPlace.apply(given)
    return given.detach().clone(), torch.autograd.grad(given, leaf, upstream)[0]


@points(1, question="square_in_place")
def test_square_in_place_is_declared(submission, draw):
    """Who goes on with x and not with the result gets the gradient of the square as well."""
    x, upstream = draw.normal(3, 4), draw.normal(3, 4)
    value, gradient = submission.run(squared_by_the_way, x, upstream)
    assert_close(value, 9 * x**2, label="x after SquareInPlace.apply(x)")
    hint = "autograd does not see what forward does: ctx.mark_dirty(x) declares the change"
    assert_close(gradient, 18 * x * upstream, label="the gradient through x", hint=hint)


# ---------------------------------------------------------------------------------------------------------------------
# SoftmaxCrossEntropy
# ---------------------------------------------------------------------------------------------------------------------


def mean_cross_entropy(logits, labels):
    """The loss in one line of trusted torch functions."""
    return (logits.logsumexp(dim=1) - logits.gather(1, labels[:, None])[:, 0]).mean()


def cross_entropy_inputs(draw):
    return draw.normal(6, 4, scale=2.0), draw.labels(6, 4), draw.away_from_kinks(gap=0.3) + 2.5


@points("1.5", question="softmax_cross_entropy")
def test_softmax_cross_entropy_loss(submission, draw):
    """The loss is the mean over rows of -log of the probability of the right class, a 0-d tensor."""
    logits, labels, upstream = cross_entropy_inputs(draw)
    loss, _, by_hand = submission.run(pullback, "SoftmaxCrossEntropy", [logits, labels], upstream)
    hint = "first the logarithm, then the mean over rows"
    assert_close(loss, mean_cross_entropy(logits, labels), label="the loss", hint=hint)
    assert_by_hand("SoftmaxCrossEntropy", by_hand)


@points(2, question="softmax_cross_entropy")
def test_softmax_cross_entropy_gradient(submission, draw):
    """The gradient is that of the mean loss, times the upstream, which need not be 1."""
    logits, labels, upstream = cross_entropy_inputs(draw)
    _, (gradient,), _ = submission.run(pullback, "SoftmaxCrossEntropy", [logits, labels], upstream)
    assert_gradient(
        gradient,
        of=lambda z: mean_cross_entropy(z, labels),
        at=logits,
        upstream=upstream,
        label="the gradient of the logits",
        hint=f"the upstream is {upstream.item():.3f} here: backward multiplies by it",
    )


@points("1.5", question="softmax_cross_entropy")
def test_softmax_cross_entropy_is_stable(submission, draw):
    """With logits of 1e4 and -1e4 loss and gradient are finite and right, in both precisions."""
    logits = [[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [-1e4, -1e4, -1e4], [3.0, 1e4, -2.0]]
    probabilities = [[1, 0, 0], [0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3], [0, 1, 0]]
    labels = torch.tensor([1, 2, 0, 1])
    hint = "subtract each row's maximum before exp; take log-probabilities, not the log of probabilities"
    # In float32 the numbers near 1e4 are 1e-3 apart, and so are logits minus logsumexp(logits).
    for dtype, tolerance in ((torch.float64, {}), (torch.float32, {"rtol": 2e-3, "atol": 1e-4})):
        upstream = draw.away_from_kinks(gap=0.3, dtype=dtype)
        given = torch.tensor(logits, dtype=dtype)
        loss, (gradient,), _ = submission.run(pullback, "SoftmaxCrossEntropy", [given, labels], upstream)
        expected = torch.tensor((2e4 + math.log(2) + math.log(3)) / 4, dtype=dtype)
        assert_close(loss, expected, **tolerance, label="the loss", hint=hint)
        slope = torch.tensor(probabilities, dtype=dtype) - torch.nn.functional.one_hot(labels, 3)
        assert_close(gradient, upstream * slope / 4, **tolerance, label="the gradient of the logits", hint=hint)


# ---------------------------------------------------------------------------------------------------------------------
# Networks: their parameters get values of ours, and are told apart by their shapes
# ---------------------------------------------------------------------------------------------------------------------

IN, HIDDEN, OUT = 4, 6, 3


@probe
def net_results(student, name, sizes, pool, x, upstream, calls):
    """Shapes of the parameters, filled from the pool in turn; for each call, output and gradients."""
    net = getattr(student, name)(*sizes).to(x)
    parameters, used = list(net.parameters()), 0
    with torch.no_grad():
        for parameter in parameters:
            parameter.copy_(pool[used : used + parameter.numel()].view_as(parameter))
            used += parameter.numel()
    shapes = [list(parameter.shape) for parameter in parameters]
    if not shapes:
        return shapes, []
    results = []
    x.requires_grad_()
    for arguments in calls:
        out = net(x, *arguments)
        gradients = torch.autograd.grad(out, [x, *parameters], upstream, materialize_grads=True)
        results.append([out, *gradients])
    return shapes, results


def filled(shapes, pool):
    """The values that the probe gave the parameters."""
    values, used = [], 0
    for shape in shapes:
        values.append(pool[used : used + math.prod(shape)].reshape(shape).clone().requires_grad_())
        used += math.prod(shape)
    return values


def ways_to_read(name, parameters, layers):
    """All ways to see a net's parameters as its layers, each way a list of (weight (out, in), bias (out,) or None).

    How parameters are named is a student's own affair, so they are told apart by shape. A weight may be stored
    transposed, and any bias may be missing.

    Args:
        layers: (in, out) of each layer, no two of the same sizes.
    """
    biases = [p for p in parameters if sum(size != 1 for size in p.shape) == 1]
    weights = {tuple(sorted(p.shape)): p for p in parameters if all(p is not bias for bias in biases)}
    known = [tuple(sorted(layer)) for layer in layers]
    ways = [[]] if sorted(weights) == sorted(known) and len(parameters) == len(weights) + len(biases) else []
    for size_in, size_out in layers if ways else ():
        weight = weights[tuple(sorted((size_in, size_out)))]
        turns = [weight, weight.T] if size_in == size_out else [weight if len(weight) == size_out else weight.T]
        flat = [None, *(bias.reshape(-1) for bias in biases if bias.numel() == size_out)]
        ways = [[*way, (turn, bias)] for way in ways for turn in turns for bias in flat]
    if ways := [way for way in ways if uses_all(way, biases)]:
        return ways
    raise CheckFailure(
        f"{name} does not have one weight, and at most one bias, for each of its layers",
        [f"shapes of its parameters: {[tuple(p.shape) for p in parameters]}"],
        hint="self.weight = nn.Parameter(...), in a Module that is an attribute of the net (or in an nn.ModuleList)",
    )


def uses_all(way, biases):
    """Whether each bias is that of one layer."""
    used = [bias.data_ptr() for _, bias in way if bias is not None]
    return sorted(used) == sorted(bias.data_ptr() for bias in biases)


def net_value(way, x, repeats=0):
    """What the net should compute."""
    first, *middle, last = way
    h = linear(x, *first).clamp(min=0)
    for _ in range(repeats):
        h = linear(h, *middle[0]).clamp(min=0)
    return linear(h, *last)


def judge_net(submission, draw, name, layers, calls):
    """Output and all gradients of each call, against the reading of the parameters that fits best."""
    pool, x, upstream = draw.normal(400, scale=0.7), draw.normal(5, IN), draw.normal(5, OUT)
    shapes, results = submission.run(net_results, name, (IN, HIDDEN, OUT), pool, x, upstream, calls)
    parameters, leaf = filled(shapes, pool), x.clone().requires_grad_()
    expected = []
    for way in ways_to_read(f"{name}({IN}, {HIDDEN}, {OUT})", parameters, layers):
        outs = [net_value(way, leaf, *arguments) for arguments in calls]
        sources = [leaf, *parameters]
        grads = [torch.autograd.grad(out, sources, upstream, materialize_grads=True) for out in outs]
        expected.append([[out.detach(), *gradients] for out, gradients in zip(outs, grads, strict=True)])
    best = min(expected, key=lambda each: distance(each, results))
    names = ["x", *(f"the parameter of shape {tuple(shape)}" for shape in shapes)]
    for arguments, right, result in zip(calls, best, results, strict=True):
        call = f"net({', '.join(['x', *map(str, arguments)])})"
        assert_close(result[0], right[0], label=call)
        for gradient, wanted, source in zip(result[1:], right[1:], names, strict=True):
            assert_close(gradient, wanted, label=f"{call}: the gradient of {source}")


def distance(expected, results):
    """How far results are from what is expected, infinite where they can't be compared."""
    total = 0.0
    for right, result in zip(expected, results, strict=True):
        for one, other in zip(right, result, strict=True):
            total += float((one - other).abs().sum()) if one.shape == other.shape else math.inf
    return total if total == total else math.inf


@points(3, question="two_layer_net")
def test_two_layer_net(submission, draw):
    """Linear, ReLU, linear with whatever values its parameters have, and the gradients of all of them."""
    judge_net(submission, draw, "TwoLayerNet", [(IN, HIDDEN), (HIDDEN, OUT)], [()])


@probe
def fresh_net(student, sizes):
    return [parameter.detach() for parameter in student.TwoLayerNet(*sizes).parameters()]


@points(1, question="two_layer_net")
def test_two_layer_net_initial_weights(submission):
    """The hidden units of a new net differ in their weights: equal ones would stay equal for ever."""
    parameters = submission.run(fresh_net, (IN, HIDDEN, OUT))
    name = f"TwoLayerNet({IN}, {HIDDEN}, {OUT})"
    (into, _), (out_of, _) = ways_to_read(name, parameters, [(IN, HIDDEN), (HIDDEN, OUT)])[0]
    if len(torch.cat([into, out_of.T], dim=1).unique(dim=0)) < HIDDEN:
        raise CheckFailure(
            f"hidden units of a new {name} have equal weights",
            hint="equal units get equal gradients and stay equal: draw the weights at random",
        )


@points(2, question="dynamic_net")
def test_dynamic_net_once(submission, draw):
    """With the middle layer used once: output and gradients."""
    judge_net(submission, draw, "DynamicNet", [(IN, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, OUT)], [(1,)])


@points(4, question="dynamic_net")
def test_dynamic_net_shares_its_middle_layer(submission, draw):
    """Used 4 times, never, once: one net does all, and its shared layer's gradient is the sum over the uses."""
    calls = [(4,), (0,), (1,)]
    judge_net(submission, draw, "DynamicNet", [(IN, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, OUT)], calls)


# ---------------------------------------------------------------------------------------------------------------------
# Fitting random data
# ---------------------------------------------------------------------------------------------------------------------


@probe
def fit(student, x, y, runs):
    """Parameters, losses and outputs of the net, for each run's settings."""
    results = []
    for settings in runs:
        net, losses = student.fit_random_data(x, y, **settings)
        results.append([[parameter.detach() for parameter in net.parameters()], losses, net(x).detach()])
    return results


def descent(way, x, y, learning_rate, steps):
    """The losses of the same run in float64, and the outputs of the net at its end; ``way`` is what it starts from."""
    layers = [[None if p is None else p.double().clone().requires_grad_() for p in layer] for layer in way]
    parameters = [p for layer in layers for p in layer if p is not None]
    losses = []
    for _ in range(steps):
        distance = (net_value(layers, x.double()) - y.double()).square().sum()
        losses.append(distance.item())
        gradients = torch.autograd.grad(distance, parameters)
        with torch.no_grad():
            for value, gradient in zip(parameters, gradients, strict=True):
                value -= learning_rate * gradient
    return losses, net_value(layers, x.double()).detach()


LOSS_HINT = "the sum (no mean, no half) of the squares over all entries, before each step, as Python floats"


@points(2, question="fit_random_data")
def test_fit_random_data_descends(submission, draw):
    """From the weights of a run of 0 steps, losses and final net are those of gradient descent in float64."""
    x, y = draw.normal(8, 5), draw.normal(8, 2)
    settings = {"hidden": 7, "learning_rate": 2e-3, "steps": 12, "seed": draw.seed()}
    (start, none, _), (_, losses, out) = submission.run(fit, x, y, [{**settings, "steps": 0}, settings])
    way = ways_to_read("the net with hidden=7", start, [(5, 7), (7, 2)])[0]
    expected, end = descent(way, x, y, 2e-3, 12)
    assert_close(none, [], label="the losses of 0 steps")
    assert_close(losses, expected, rtol=1e-7, label="the losses", hint=LOSS_HINT)
    assert_close(out, end, rtol=1e-7, atol=1e-9, label="net(x) after 12 steps")


@timeout(60)
@points(1, question="fit_random_data")
def test_fit_random_data_by_default(submission, draw):
    """The classic: 64 random points of 1,000 features are learnt by heart in 500 steps, with the default arguments."""
    x, y = draw.normal(64, 1000, dtype=torch.float32), draw.normal(64, 10, dtype=torch.float32)
    (start, _, _), (_, losses, _) = submission.run(fit, x, y, [{"steps": 0}, {}])
    way = ways_to_read("the net with hidden=100", start, [(1000, 100), (100, 10)])[0]
    expected, _ = descent(way, x, y, 1e-4, 10)
    assert_close(len(losses), 500, label="the number of losses")
    assert_close(losses[:10], expected, rtol=2e-4, label="the first ten losses", hint=LOSS_HINT)
    if not losses[-1] < 1:
        details = [f"the loss before the first step is {losses[0]:.4g}, before the last {losses[-1]:.4g}"]
        hint = "initial weights of about 1/sqrt(fan-in) bring it below 1e-4; unit normal ones diverge at this rate"
        raise CheckFailure("500 steps leave a loss above 1", details, hint=hint)
