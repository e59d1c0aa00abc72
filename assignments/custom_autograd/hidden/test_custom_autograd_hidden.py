"""Hidden tests of custom_autograd: second derivatives, state, saved tensors, memory layouts, precisions, work done.

Gradients are compared with those that torch finds for a closed form in float64, always with a random upstream.
"""

import math

import torch

from autograder import CheckFailure, assert_close, points, probe, timeout

# ---------------------------------------------------------------------------------------------------------------------
# How the functions are judged
# ---------------------------------------------------------------------------------------------------------------------


@probe
def pullback(student, name, cases):
    """The value of name.apply(*inputs) and the gradients of its floating inputs, for each (inputs, upstream)."""
    results = []
    for inputs, upstream in cases:
        leaves = [x.requires_grad_() for x in inputs if isinstance(x, torch.Tensor) and x.is_floating_point()]
        out = getattr(student, name).apply(*inputs)
        results.append([out, list(torch.autograd.grad(out, leaves, upstream))])
    return results


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


@probe
def interleaved(student, name, first, second, upstreams):
    """Gradients of two calls that are in flight together: of the first, of the second, and of the first again."""
    outs, leaves = [], []
    for inputs in (first, second):
        leaves.append([x.requires_grad_() for x in inputs if isinstance(x, torch.Tensor) and x.is_floating_point()])
        outs.append(getattr(student, name).apply(*inputs))
    results = []
    for i in (0, 1, 0):
        results.append(list(torch.autograd.grad(outs[i], leaves[i], upstreams[i], retain_graph=True)))
    return results


@probe
def changed_afterwards(student, name, inputs, upstream, which):
    """Gradients where an input, by its position, or "out" was overwritten after forward; None if backward refused."""
    leaves, given = [], []
    for x in inputs:
        if isinstance(x, torch.Tensor) and x.is_floating_point():
            leaves.append(x.requires_grad_())
        given.append(x.clone() if isinstance(x, torch.Tensor) else x)
    out = getattr(student, name).apply(*given)
    with torch.no_grad():
        if which is not None:
            (out if which == "out" else given[which]).zero_()
    try:
        return list(torch.autograd.grad(out, leaves, upstream))
    except RuntimeError:
        return None


def floating(inputs):
    return [x for x in inputs if isinstance(x, torch.Tensor) and x.is_floating_point()]


def by_torch(value, inputs, upstream):
    """Value and gradients of a trusted function of the floating inputs, in float64."""
    leaves = [x.double().clone().requires_grad_() for x in floating(inputs)]
    out = value(*leaves)
    return out.detach(), torch.autograd.grad(out, leaves, upstream.double())


def assert_gradients(gradients, expected, dtype, what=""):
    tolerance = {} if dtype == torch.float64 else {"rtol": 1e-4, "atol": 1e-5}
    for i, (gradient, right) in enumerate(zip(gradients, expected, strict=True)):
        label = f"the gradient of argument {i}{what}"
        assert_close(gradient, right.to(dtype), **tolerance, label=label, allow_empty=True)


def judge(submission, name, value, *cases):
    """Value and gradients, for each (inputs, upstream)."""
    results = submission.run(pullback, name, cases)
    for (inputs, upstream), (out, gradients) in zip(cases, results, strict=True):
        right, expected = by_torch(value, inputs, upstream)
        x = floating(inputs)[0]
        tolerance = {} if x.dtype == torch.float64 else {"rtol": 1e-4, "atol": 1e-5}
        what = f", for a first argument of shape {tuple(x.shape)}"
        assert_close(out, right.to(x.dtype), **tolerance, label=f"the value of {name}.apply{what}", allow_empty=True)
        assert_gradients(gradients, expected, x.dtype, what)


def judge_twice(submission, draw, name, inputs, upstream, value):
    """Second derivatives through a random direction for each gradient."""
    directions = [draw.normal(*x.shape) for x in floating(inputs)]
    results = submission.run(pullback_twice, name, inputs, upstream, directions)
    if results is None:
        raise CheckFailure(
            f"the gradients of {name}.apply can't be differentiated again",
            cause="backward is cut off from the graph",
            hint="look for .data, .detach(), .item(), .numpy(), torch.no_grad() and once_differentiable",
        )
    leaves = [x.clone().requires_grad_() for x in (*floating(inputs), upstream)]
    gradients = torch.autograd.grad(value(*leaves[:-1]), leaves[:-1], leaves[-1], create_graph=True)
    total = sum((gradient * direction).sum() for gradient, direction in zip(gradients, directions, strict=True))
    expected = torch.autograd.grad(total, leaves, materialize_grads=True)
    hint = "what forward computes on the way counts as a constant in backward: save inputs and outputs only"
    for i, (result, right) in enumerate(zip(results, expected, strict=True)):
        argument = "the upstream" if i == len(leaves) - 1 else f"argument {i}"
        label = f"the second derivative with respect to {argument}"
        assert_close(result, right, rtol=1e-8, atol=1e-9, label=label, hint=hint)


def judge_interleaved(submission, name, first, second, upstreams, values):
    """Each call remembers its own inputs, and can be gone back through twice."""
    results = submission.run(interleaved, name, first, second, upstreams)
    stories = (" of the first of two calls", " of the second call", " of the first call, asked for again")
    for i, result, what in zip((0, 1, 0), results, stories, strict=True):
        _, expected = by_torch(values[i], (first, second)[i], upstreams[i])
        assert_gradients(result, expected, torch.float64, what)


def judge_changed_afterwards(submission, name, inputs, upstream, value, which):
    """What is overwritten after forward makes backward refuse, or makes no difference."""
    _, expected = by_torch(value, inputs, upstream)
    for each in (None, *which):
        gradients = submission.run(changed_afterwards, name, inputs, upstream, each)
        if each is None and gradients is None:
            raise CheckFailure(f"backward of {name} raised RuntimeError though nothing was changed")
        if gradients is None:
            continue
        what = (
            "" if each is None else f", after {'the result' if each == 'out' else f'argument {each}'} was overwritten"
        )
        try:
            assert_gradients(gradients, expected, torch.float64, what)
        except CheckFailure as failure:
            hint = "ctx.save_for_backward(x) notices a later change of x and refuses; ctx.x = x does not"
            raise CheckFailure(failure.headline, hint=hint) from None


# ---------------------------------------------------------------------------------------------------------------------
# ReLU, Sigmoid
# ---------------------------------------------------------------------------------------------------------------------


def relu(x):
    return x.clamp(min=0)


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


def judge_entrywise_layouts(submission, draw, name, value, constants=()):
    """No contiguity, one row, no rows, no dimensions, both precisions."""
    row, other = draw.normal(1, 5), draw.normal(4, 5)
    cases = [
        (draw.normal(4, 5, contiguous=False), row.expand(4, 5)),
        (other.T, draw.normal(5, 4, contiguous=False)),
        (row.expand(4, 5), other),
        (row, draw.normal(1, 5)),
        (draw.normal(), draw.normal()),
        (draw.normal(0, 5), draw.normal(0, 5)),
        (draw.normal(2, 3, 2, dtype=torch.float32), draw.normal(2, 3, 2, dtype=torch.float32)),
    ]
    judge(submission, name, value, *(([x, *constants], upstream) for x, upstream in cases))


@points("1.5", question="relu")
def test_relu_second_derivative(submission, draw):
    """The gradient can be differentiated again: with respect to x it is constant, with respect to the upstream not."""
    judge_twice(submission, draw, "ReLU", [draw.away_from_kinks(3, 4)], draw.normal(3, 4), relu)


@points(1, question="relu")
def test_relu_calls_are_separate(submission, draw):
    """Two calls in flight do not disturb each other, and backward can be repeated."""
    first, second, *upstreams = (draw.away_from_kinks(4, 5) for _ in range(4))
    judge_interleaved(submission, "ReLU", [first], [second], upstreams, [relu, relu])


@points("0.5", question="relu")
def test_relu_layouts(submission, draw):
    """x and upstream of any memory layout and shape, none contiguous, empty, in both precisions."""
    judge_entrywise_layouts(submission, draw, "ReLU", relu)


@points(1, question="relu")
def test_relu_input_changed_afterwards(submission, draw):
    """If x or the result is changed after forward, backward refuses or is right all the same."""
    x, upstream = draw.away_from_kinks(3, 4), draw.normal(3, 4)
    judge_changed_afterwards(submission, "ReLU", [x], upstream, relu, (0, "out"))


@points(1, question="sigmoid")
def test_sigmoid_calls_are_separate(submission, draw):
    """Two calls in flight do not disturb each other, and backward can be repeated."""
    first, second, *upstreams = (draw.normal(4, 5) for _ in range(4))
    judge_interleaved(submission, "Sigmoid", [first], [second], upstreams, [sigmoid, sigmoid])


@points(1, question="sigmoid")
def test_sigmoid_layouts(submission, draw):
    """x and upstream of any memory layout and shape, none contiguous, empty, in both precisions."""
    judge_entrywise_layouts(submission, draw, "Sigmoid", sigmoid)


@points("1.5", question="sigmoid")
def test_sigmoid_input_changed_afterwards(submission, draw):
    """If x or the result is changed after forward, backward refuses or is right all the same."""
    x, upstream = draw.normal(3, 4, scale=2.0), draw.normal(3, 4)
    judge_changed_afterwards(submission, "Sigmoid", [x], upstream, sigmoid, (0, "out"))


@points(1, question="sigmoid")
def test_sigmoid_second_derivative_is_stable(submission, draw):
    """Far from 0 the second derivatives vanish and are never NaN; near 0 they are right."""
    x = torch.tensor([1e4, -1e4, 800.0, -800.0, 0.4, -1.3], dtype=torch.float64)
    upstream, direction = draw.away_from_kinks(6), draw.away_from_kinks(6)
    results = submission.run(pullback_twice, "Sigmoid", [x], upstream, [direction])
    assert_close(results is None, False, label="backward of Sigmoid is cut off from the graph")
    s = sigmoid(x)
    expected = [upstream * direction * s * (1 - s) * (1 - 2 * s), direction * s * (1 - s)]
    for result, right, argument in zip(results, expected, ("x", "the upstream"), strict=True):
        assert_close(result, right, label=f"the second derivative with respect to {argument}")


# ---------------------------------------------------------------------------------------------------------------------
# Linear
# ---------------------------------------------------------------------------------------------------------------------


def linear(x, weight, bias=None):
    out = torch.einsum("...d,md->...m", x, weight)
    return out + bias if bias is not None else out


@points(2, question="linear")
def test_linear_leading_dimensions(submission, draw):
    """x may have two or three leading dimensions, or none, in gradients and in second derivatives."""
    for leading in ((2, 5), (2, 1, 5), ()):
        inputs = [draw.normal(*leading, 4), draw.normal(3, 4), draw.normal(3)]
        judge(submission, "Linear", linear, (inputs, draw.normal(*leading, 3)))
        judge_twice(submission, draw, "Linear", inputs, draw.normal(*leading, 3), linear)


@probe
def work_of_backward(student, inputs, upstream, cases):
    """For each case (which inputs need a gradient): these gradients, and about how many numbers were worked through.

    A product of matrices counts its multiplications, any other operator the entries it reads or writes, views nothing.
    """
    from torch.utils._python_dispatch import TorchDispatchMode

    products = {"mm", "bmm", "mv", "dot", "vdot", "linear", "addmm", "baddbmm", "addmv", "addbmm"}

    class Work(TorchDispatchMode):
        done = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            name = func.overloadpacket.__name__
            tensors = [x for x in args if isinstance(x, torch.Tensor)]
            if not isinstance(result, torch.Tensor):
                return result
            if name in products:
                Work.done += result.numel() * tensors[name.startswith(("add", "badd"))].shape[-1]
            elif name.endswith("_") or not any(
                x.untyped_storage().data_ptr() == result.untyped_storage().data_ptr() for x in tensors
            ):
                Work.done += max(x.numel() for x in (result, *tensors))
            return result

    results = []
    for needed in cases:
        given = [x.detach().requires_grad_(need) for x, need in zip(inputs, needed, strict=True)]
        out = student.Linear.apply(*given)
        Work.done = 0
        with Work():
            gradients = torch.autograd.grad(out, [x for x in given if x.requires_grad], upstream)
        results.append([list(gradients), Work.done])
    return results


@points(2, question="linear")
def test_linear_computes_only_what_is_needed(submission, draw):
    """A gradient that nobody asks for is not computed: without it, backward has that much less to do."""
    n, d, m = 7, 11, 13
    inputs, upstream = [draw.normal(n, d), draw.normal(m, d), draw.normal(m)], draw.normal(n, m)
    cases = [(True, True, True), (False, True, True), (True, False, True), (True, True, False)]
    results = submission.run(work_of_backward, inputs, upstream, cases)
    _, expected = by_torch(linear, inputs, upstream)
    for needed, (gradients, _) in zip(cases, results, strict=True):
        assert_gradients(gradients, [g for g, need in zip(expected, needed, strict=True) if need], torch.float64)
    everything, *without = (work for _, work in results)
    least = {"x": n * m * d / 2, "weight": n * m * d / 2, "bias": n * m / 2}
    for (argument, saved), work in zip(least.items(), without, strict=True):
        if everything - work < saved:
            raise CheckFailure(
                f"backward of Linear does as much when {argument} needs no gradient as when it does",
                hint="compute each gradient only if its entry of ctx.needs_input_grad is True, else return None for it",
            )


@points(1, question="linear")
def test_linear_calls_are_separate(submission, draw):
    """Two calls in flight, one with a bias and one without, do not disturb each other."""
    first, second = [draw.normal(5, 4), draw.normal(3, 4), draw.normal(3)], [draw.normal(5, 4), draw.normal(3, 4), None]
    upstreams = [draw.normal(5, 3), draw.normal(5, 3)]
    judge_interleaved(submission, "Linear", first, second, upstreams, [linear, linear])
    judge_interleaved(submission, "Linear", second, first, upstreams, [linear, linear])


@points(1, question="linear")
def test_linear_layouts(submission, draw):
    """Inputs and upstream may be transposed, have gaps, or repeat one row without storing it twice; both precisions."""
    weight, bias = draw.normal(4, 3).T, draw.normal(1).expand(3)
    turned = draw.normal(5, 2, 4).transpose(0, 1)
    single = [draw.normal(*shape, dtype=torch.float32) for shape in ((6, 4), (3, 4), (3,), (6, 3))]
    cases = [
        ([draw.normal(5, 4, contiguous=False), weight, bias], draw.normal(1, 3).expand(5, 3)),
        ([turned, weight, bias], draw.normal(3, 5, 2).permute(2, 1, 0)),  # no view of it has rows
        ([turned, weight, bias], draw.normal(1, 1, 3).expand(2, 5, 3)),
        ([draw.normal(1, 4), weight, bias], draw.normal(1, 3)),
        (single[:3], single[3]),
    ]
    judge(submission, "Linear", linear, *cases)
    judge(submission, "Linear", linear, ([draw.normal(1, 4).expand(5, 4), weight], draw.normal(3, 5).T))


@points(1, question="linear")
def test_linear_empty_batch(submission, draw):
    """With no rows value and gradient of x are empty, and those of weight and bias zero."""
    weight, bias = draw.normal(3, 4), draw.normal(3)
    cases = [([draw.normal(*leading, 4), weight, bias], draw.normal(*leading, 3)) for leading in ((0,), (2, 0))]
    judge(submission, "Linear", linear, *cases)


@points("1.5", question="linear")
def test_linear_input_changed_afterwards(submission, draw):
    """If x, weight or bias is changed after forward, backward refuses or is right all the same."""
    inputs, upstream = [draw.normal(5, 4), draw.normal(3, 4), draw.normal(3)], draw.normal(5, 3)
    judge_changed_afterwards(submission, "Linear", inputs, upstream, linear, (0, 1, 2))


# ---------------------------------------------------------------------------------------------------------------------
# LogSumExp
# ---------------------------------------------------------------------------------------------------------------------


def logsumexp_along(dim):
    return lambda x: x.exp().sum(dim=dim).log()


@points(2, question="logsumexp")
def test_logsumexp_second_derivative(submission, draw):
    """The gradient can be differentiated again, with respect to x and to the upstream, along any dimension."""
    for dim, shape in ((0, (3, 4)), (-1, (2, 3)), (1, (2, 4))):
        x, upstream = draw.normal(2, 3, 4), draw.normal(*shape)
        judge_twice(submission, draw, "LogSumExp", [x, dim], upstream, logsumexp_along(dim))


@points(1, question="logsumexp")
def test_logsumexp_calls_are_separate(submission, draw):
    """Two calls in flight, along other dimensions, do not disturb each other."""
    first, second, upstreams = draw.normal(4, 4), draw.normal(4, 4), [draw.normal(4), draw.normal(4)]
    values = [logsumexp_along(0), logsumexp_along(1)]
    judge_interleaved(submission, "LogSumExp", [first, 0], [second, 1], upstreams, values)


@points(1, question="logsumexp")
def test_logsumexp_layouts(submission, draw):
    """x and upstream of any memory layout, one row, one dimension, no contiguity, in both precisions."""
    single = draw.normal(4, 5, dtype=torch.float32), draw.normal(4, dtype=torch.float32)
    cases = [
        ([draw.normal(4, 5, contiguous=False), 1], draw.normal(1).expand(4)),
        ([draw.normal(5, 4).T, 1], draw.normal(4, contiguous=False)),
        ([draw.normal(1, 5).expand(4, 5), 1], draw.normal(4)),
        ([draw.normal(4, 1), -1], draw.normal(4)),
        ([single[0], 1], single[1]),
    ]
    judge(submission, "LogSumExp", logsumexp_along(1), *cases)
    judge(submission, "LogSumExp", logsumexp_along(0), ([draw.normal(5), 0], draw.normal()))


@points(1, question="logsumexp")
def test_logsumexp_input_changed_afterwards(submission, draw):
    """If x or the result is changed after forward, backward refuses or is right all the same."""
    x, upstream = draw.normal(4, 5, scale=2.0), draw.normal(4)
    judge_changed_afterwards(submission, "LogSumExp", [x, 1], upstream, logsumexp_along(1), (0, "out"))


@points(1, question="logsumexp")
def test_logsumexp_of_minus_infinity(submission, draw):
    """Entries of -inf count for nothing; a slice of nothing else gives -inf with gradient 0, never NaN."""
    inf = math.inf
    for dtype in (torch.float64, torch.float32):
        x = torch.tensor([[-inf, 1.0, 2.0], [-inf, -inf, -inf], [0.5, -inf, -inf]], dtype=dtype)
        upstream = draw.away_from_kinks(3, dtype=dtype)
        ((out, (gradient,)),) = submission.run(pullback, "LogSumExp", [([x, 1], upstream)])
        hint = "-inf - -inf is NaN: where the largest entry is -inf, subtract 0"
        value = torch.tensor([math.log(math.e + math.e**2), -inf, 0.5], dtype=dtype)
        assert_close(out, value, label="the value", hint=hint)
        weights = torch.tensor([[0, 1 / (1 + math.e), 1 / (1 + 1 / math.e)], [0, 0, 0], [1, 0, 0]], dtype=dtype)
        assert_close(gradient, upstream[:, None] * weights, label="the gradient of x", hint=hint)


@points("0.5", question="logsumexp")
def test_logsumexp_empty_batch(submission, draw):
    """No rows give no values, and an empty gradient; one row gives one."""
    cases = [([draw.normal(rows, 4), 1], draw.normal(rows)) for rows in (0, 1)]
    judge(submission, "LogSumExp", logsumexp_along(1), *cases)


# ---------------------------------------------------------------------------------------------------------------------
# Clamp, RoundSTE, ReverseGradient
# ---------------------------------------------------------------------------------------------------------------------


def clamp_to(low, high):
    return lambda x: x.clamp(low, high)


@points(1, question="clamp")
def test_clamp_layouts(submission, draw):
    """x and upstream of any memory layout and shape, none contiguous, empty, in both precisions; whole bounds too."""
    judge_entrywise_layouts(submission, draw, "Clamp", clamp_to(-0.4, 0.9), (-0.4, 0.9))
    x, upstream = draw.away_from_kinks(4, 5, kinks=(-1.0, 1.0), scale=2.0), draw.normal(4, 5)
    judge(submission, "Clamp", clamp_to(-1, 1), ([x, -1, 1], upstream))


@points(1, question="clamp")
def test_clamp_calls_are_separate(submission, draw):
    """Two calls in flight, with other bounds, do not disturb each other."""
    first, second, *upstreams = (draw.normal(4, 5) for _ in range(4))
    values = [clamp_to(-0.3, 0.4), clamp_to(-1.2, 0.1)]
    judge_interleaved(submission, "Clamp", [first, -0.3, 0.4], [second, -1.2, 0.1], upstreams, values)


@points("0.5", question="clamp")
def test_clamp_input_changed_afterwards(submission, draw):
    """If x or the result is changed after forward, backward refuses or is right all the same."""
    x, upstream = draw.away_from_kinks(4, 5, kinks=(-0.9, 0.8), scale=1.5), draw.normal(4, 5)
    judge_changed_afterwards(submission, "Clamp", [x, -0.9, 0.8], upstream, clamp_to(-0.9, 0.8), (0, "out"))


def rounded(x):
    return x + (x.round() - x).detach()


@points(1, question="round_ste")
def test_round_ste_layouts(submission, draw):
    """x and upstream of any memory layout and shape, none contiguous, empty, in both precisions."""
    judge_entrywise_layouts(submission, draw, "RoundSTE", rounded)


@probe
def fit_through_rounding(student, x, target, scale):
    scale.requires_grad_()
    loss = ((student.RoundSTE.apply(x / scale) * scale - target) ** 2).sum()
    return loss, torch.autograd.grad(loss, scale)[0]


@points(1, question="round_ste")
def test_round_ste_within_a_quantiser(submission, draw):
    """In round(x / scale) * scale the gradient of the scale counts both its uses."""
    x, target, scale = draw.normal(6), draw.normal(6), draw.uniform(1, low=0.2, high=0.6)
    loss, gradient = submission.run(fit_through_rounding, x, target, scale)
    steps = (x / scale).round()
    error = steps * scale - target
    assert_close(loss, (error**2).sum(), label="the loss")
    assert_close(gradient, (2 * error * (steps - x / scale)).sum().reshape(1), label="the gradient of the scale")


def reversed_by(scale):
    return lambda x: (1 + scale) * x.detach() - scale * x


@points("1.5", question="reverse_gradient")
def test_reverse_gradient_second_derivative(submission, draw):
    """The gradient can be differentiated again: with respect to the upstream it is -scale, with respect to x 0."""
    judge_twice(submission, draw, "ReverseGradient", [draw.normal(3, 4), 0.7], draw.normal(3, 4), reversed_by(0.7))


@points(1, question="reverse_gradient")
def test_reverse_gradient_calls_are_separate(submission, draw):
    """Two calls in flight, with other scales, do not disturb each other; a scale may be 0 or negative."""
    first, second, *upstreams = (draw.normal(4, 5) for _ in range(4))
    for scales in ((0.3, 2.0), (0.0, -1.5)):
        values = [reversed_by(scale) for scale in scales]
        inputs = [first, scales[0]], [second, scales[1]]
        judge_interleaved(submission, "ReverseGradient", *inputs, upstreams, values)


@points(1, question="reverse_gradient")
def test_reverse_gradient_layouts(submission, draw):
    """x and upstream of any memory layout and shape, none contiguous, empty, in both precisions."""
    judge_entrywise_layouts(submission, draw, "ReverseGradient", reversed_by(0.7), (0.7,))


# ---------------------------------------------------------------------------------------------------------------------
# SquareInPlace
# ---------------------------------------------------------------------------------------------------------------------


@probe
def squared_again_and_again(student, x, upstream, times):
    leaf = x.requires_grad_()
    given = leaf * 1.0
    for _ in range(times):
        student.SquareInPlace.apply(given)
    return given.detach().clone(), torch.autograd.grad(given, leaf, upstream)[0]


@points(1, question="square_in_place")
def test_square_in_place_twice(submission, draw):
    """Squared twice, in one tensor, is the fourth power, and each step remembers the values it found."""
    x, upstream = draw.normal(3, 4), draw.normal(3, 4)
    value, gradient = submission.run(squared_again_and_again, x, upstream, 2)
    assert_close(value, x**4, label="the value")
    assert_close(gradient, 4 * x**3 * upstream, label="the gradient of x")


@probe
def one_row_squared(student, x, upstream, row):
    leaf = x.requires_grad_()
    given = leaf * 1.0
    student.SquareInPlace.apply(given[row])
    return given.detach().clone(), torch.autograd.grad(given, leaf, upstream)[0]


@points(1, question="square_in_place")
def test_square_in_place_of_one_row(submission, draw):
    """Applied to a row it changes the whole tensor's row, in value and gradient."""
    x, upstream = draw.normal(3, 4), draw.normal(3, 4)
    value, gradient = submission.run(one_row_squared, x, upstream, 1)
    expected, slope = x.clone(), torch.ones(3, 4, dtype=torch.float64)
    expected[1], slope[1] = x[1] ** 2, 2 * x[1]
    assert_close(value, expected, label="the whole tensor")
    assert_close(gradient, upstream * slope, label="the gradient of the whole tensor")


@probe
def saved_before(student, x, upstream, change):
    """The gradient of sin(x), or None if backward refuses, where x is squared after the sine saved it."""
    leaf = x.requires_grad_()
    given = leaf * 1.0
    sine = given.sin()
    if change:
        student.SquareInPlace.apply(given)
    try:
        refused, gradient = False, torch.autograd.grad(sine, leaf, upstream, retain_graph=True)[0]
    except RuntimeError:
        refused, gradient = True, None
    return given.detach().clone() if change else None, refused, gradient


@points(1, question="square_in_place")
def test_square_in_place_is_noticed(submission, draw):
    """Whoever saved x before, for a backward of its own, finds out that x has changed since."""
    x, upstream = draw.normal(3, 4), draw.normal(3, 4)
    for change in (False, True):
        value, refused, gradient = submission.run(saved_before, x, upstream, change)
        if not change:
            assert_close(gradient, upstream * x.cos(), label="the gradient of the sine")
            continue
        assert_close(value, x**2, label="x")
        if not refused:
            raise CheckFailure(
                "sin(x) was differentiated at values that x no longer has, and nobody noticed",
                hint="writing through x.data goes past the version counter; ctx.mark_dirty(x) counts the change",
            )


@probe
def squared_leaf(student, x, needs_gradient):
    try:
        return student.SquareInPlace.apply(x.clone().requires_grad_(needs_gradient)).detach()
    except RuntimeError:
        return None


@points(1, question="square_in_place")
def test_square_in_place_refuses_leaves(submission, draw):
    """A leaf that needs a gradient may not be changed in place, as everywhere in PyTorch; any other tensor may."""
    x = draw.normal(3, 4)
    assert_close(submission.run(squared_leaf, x, False), x**2, label="x, with no gradient needed")
    if submission.run(squared_leaf, x, True) is not None:
        raise CheckFailure(
            "SquareInPlace changed a leaf that requires a gradient, and autograd did not refuse",
            ["its gradient would be taken at values that it no longer has"],
            hint="ctx.mark_dirty(x) lets autograd refuse",
        )


@probe
def squared_layouts(student, cases):
    results = []
    for x, upstream in cases:
        leaf = x.requires_grad_()
        given = leaf * 1.0  # keeps the order of the strides
        out = student.SquareInPlace.apply(given)
        results.append([out.detach().clone(), torch.autograd.grad(out, leaf, upstream)[0]])
    return results


@points(1, question="square_in_place")
def test_square_in_place_layouts(submission, draw):
    """x and upstream of any memory layout and shape, one row or none, in both precisions."""
    cases = [
        (draw.normal(5, 4).T, draw.normal(1, 5).expand(4, 5)),
        (draw.normal(1, 5), draw.normal(5, 1).T),
        (draw.normal(), draw.normal()),
        (draw.normal(0, 5), draw.normal(0, 5)),
        (draw.normal(2, 3, dtype=torch.float32), draw.normal(2, 3, dtype=torch.float32)),
    ]
    for (x, upstream), (value, gradient) in zip(cases, submission.run(squared_layouts, cases), strict=True):
        assert_close(value, x**2, label="the value", allow_empty=True)
        assert_close(gradient, 2 * x * upstream, label="the gradient of x", allow_empty=True)


# ---------------------------------------------------------------------------------------------------------------------
# SoftmaxCrossEntropy
# ---------------------------------------------------------------------------------------------------------------------


def cross_entropy_with(labels):
    return lambda logits: (logits.logsumexp(dim=1) - logits.gather(1, labels[:, None])[:, 0]).mean()


@points("2.5", question="softmax_cross_entropy")
def test_softmax_cross_entropy_second_derivative(submission, draw):
    """The gradient can be differentiated again, with respect to the logits and to the upstream."""
    logits, labels = draw.normal(5, 3), draw.labels(5, 3)
    judge_twice(submission, draw, "SoftmaxCrossEntropy", [logits, labels], draw.normal(), cross_entropy_with(labels))


@points(1, question="softmax_cross_entropy")
def test_softmax_cross_entropy_calls_are_separate(submission, draw):
    """Two calls in flight do not disturb each other, and backward can be repeated."""
    first, second = [draw.normal(5, 3), draw.labels(5, 3)], [draw.normal(5, 3), draw.labels(5, 3)]
    values = [cross_entropy_with(labels) for _, labels in (first, second)]
    judge_interleaved(submission, "SoftmaxCrossEntropy", first, second, [draw.normal(), draw.normal()], values)


@points(1, question="softmax_cross_entropy")
def test_softmax_cross_entropy_layouts(submission, draw):
    """Logits and labels of any memory layout, a last class that does not occur, in both precisions."""
    labels = torch.tensor([0, 2, 2, 0, 1, 2])
    sparse = draw.noncontiguous(torch.stack([labels, labels]))[0]
    cases = [
        ([draw.normal(6, 4, contiguous=False), labels], draw.normal()),
        ([draw.normal(4, 6).T, sparse], draw.normal()),
        ([draw.normal(1, 4).expand(6, 4), labels], draw.normal()),
        ([draw.normal(6, 4, dtype=torch.float32), labels], draw.normal(dtype=torch.float32)),
    ]
    judge(submission, "SoftmaxCrossEntropy", cross_entropy_with(labels), *cases)


@points("0.5", question="softmax_cross_entropy")
def test_softmax_cross_entropy_batch_of_one(submission, draw):
    """One row is a batch."""
    labels = draw.integers(1, high=3)
    case = [draw.normal(1, 4), labels], draw.normal()
    judge(submission, "SoftmaxCrossEntropy", cross_entropy_with(labels), case)


@points(1, question="softmax_cross_entropy")
def test_softmax_cross_entropy_input_changed_afterwards(submission, draw):
    """If the logits or the labels are changed after forward, backward refuses or is right all the same."""
    logits, labels = draw.normal(6, 4, scale=2.0), draw.labels(6, 4)
    value = cross_entropy_with(labels)
    judge_changed_afterwards(submission, "SoftmaxCrossEntropy", [logits, labels], draw.normal(), value, (0, 1))


@probe
def what_backward_returns(student, logits, labels, upstream):
    """What backward itself returns, where the result comes straight from it; else only what autograd makes of it."""
    logits.requires_grad_()
    out = student.SoftmaxCrossEntropy.apply(logits, labels)
    if getattr(out.grad_fn, "_forward_cls", None) is not student.SoftmaxCrossEntropy:
        return torch.autograd.grad(out, logits, upstream)[0], True
    kind = student.SoftmaxCrossEntropy  # backward may go by its other name, vjp
    backward = kind.vjp if kind.backward is torch.autograd.Function.backward else kind.backward
    with torch.no_grad():
        returned = backward(out.grad_fn, upstream)
    return returned[0], returned[1] is None


@points(1, question="softmax_cross_entropy")
def test_softmax_cross_entropy_has_no_gradient_for_labels(submission, draw):
    """Backward returns a gradient for the logits and None for the labels."""
    logits, labels, upstream = draw.normal(6, 4), draw.labels(6, 4), draw.normal()
    gradient, is_none = submission.run(what_backward_returns, logits, labels, upstream)
    _, (expected,) = by_torch(cross_entropy_with(labels), [logits], upstream)
    assert_close(gradient, expected, label="what backward returns for the logits")
    assert_close(is_none, True, label="whether backward returns None for the labels")


# ---------------------------------------------------------------------------------------------------------------------
# Networks
# ---------------------------------------------------------------------------------------------------------------------


WIDE = (4, 60, 3)  # in, hidden, out: so many units that some are active, whatever the initial weights


@probe
def net_and_its_functions(student, name, sizes, x, calls):
    """For each call the output, its gradient with respect to x, and how many Functions its graph holds."""
    net = getattr(student, name)(*sizes).to(x)
    x.requires_grad_()
    results = []
    for arguments in calls:
        out = net(x, *arguments)
        nodes, seen = [out.grad_fn], set()
        while nodes:
            node = nodes.pop()
            if node is not None and node not in seen:
                seen.add(node)
                nodes += [before for before, _ in node.next_functions]
        functions = sum(isinstance(node, torch.autograd.function.BackwardCFunction) for node in seen)
        results.append([out, torch.autograd.grad(out.sum(), x)[0], functions])
    return results


def judge_functions(submission, draw, name, calls, least):
    x = draw.normal(5, 4)
    for (out, gradient, functions), count in zip(
        submission.run(net_and_its_functions, name, WIDE, x, calls), least, strict=True
    ):
        assert_is_net_output(out, 5)
        assert_close(gradient, torch.zeros(5, 4, dtype=torch.float64), atol=math.inf, label="the gradient of x")
        if not functions >= count:
            details = [
                f"its graph holds {functions} autograd Functions; with Linear and ReLU for each layer it is {count}"
            ]
            hint = "use Linear.apply and ReLU.apply, not torch.nn.Linear, @ or torch.relu"
            raise CheckFailure(f"{name} is not built from Linear and ReLU above", details, hint=hint)


def assert_is_net_output(out, rows, dtype=torch.float64):
    """(rows, 3), and not the same for every row."""
    assert_close(out, torch.zeros(rows, 3, dtype=dtype), atol=math.inf, label="net(x)")  # form only
    if bool((out == out[:1]).all()):
        raise CheckFailure("net(x) does not depend on x: all rows are equal")


@probe
def net_on_parts(student, name, sizes, x, arguments):
    """Outputs for x, its rows with gaps between them, its first row, none of its rows, and all in float32."""
    net = getattr(student, name)(*sizes).to(x)
    outs = [net(x, *arguments), net(x.repeat_interleave(2, dim=1)[:, ::2], *arguments)]
    outs += [net(x[:1], *arguments), net(x[:0], *arguments)]
    return [*outs, net.float()(x.float(), *arguments)]


def judge_parts(submission, draw, name, arguments):
    whole, gaps, one, none, single = submission.run(net_on_parts, name, WIDE, draw.normal(5, 4), arguments)
    assert_is_net_output(whole, 5)
    assert_close(gaps, whole, label="net(x) of an x that is not contiguous")
    assert_close(one, whole[:1], label="net(x) of one row")
    assert_close(none, whole[:0], label="net(x) of no rows", allow_empty=True)
    assert_close(single, whole.float(), rtol=1e-4, atol=1e-5, label="net(x) in float32")


@points(1, question="two_layer_net")
def test_two_layer_net_is_built_from_functions(submission, draw):
    """It uses Linear and ReLU of this module."""
    judge_functions(submission, draw, "TwoLayerNet", [()], [3])


@points(1, question="two_layer_net")
def test_two_layer_net_small_batches(submission, draw):
    """One row, no rows, rows with gaps between them, and float32 after .float()."""
    judge_parts(submission, draw, "TwoLayerNet", ())


@points(1, question="dynamic_net")
def test_dynamic_net_is_built_from_functions(submission, draw):
    """It uses Linear and ReLU of this module, once more for each repeat."""
    judge_functions(submission, draw, "DynamicNet", [(2,), (0,)], [7, 3])


@points(1, question="dynamic_net")
def test_dynamic_net_small_batches(submission, draw):
    """One row, no rows, rows with gaps between them, and float32 after .float()."""
    judge_parts(submission, draw, "DynamicNet", (2,))


# ---------------------------------------------------------------------------------------------------------------------
# Fitting random data
# ---------------------------------------------------------------------------------------------------------------------


@probe
def fit(student, x, y, runs):
    """Losses, outputs of the net, and shapes of its parameters, for each run's settings."""
    results = []
    for settings in runs:
        net, losses = student.fit_random_data(x, y, **settings)
        torch.rand(3)  # whoever else draws random numbers must not matter
        shapes = sorted(list(parameter.shape) for parameter in net.parameters())
        results.append([losses, net(x).detach(), shapes])
    return results


def loss_of(out, y):
    return float(((out.double() - y.double()) ** 2).sum())


@timeout(30)
@points(1, question="fit_random_data")
def test_fit_random_data_seed(submission, draw):
    """The same seed gives the same run, another seed another one."""
    x, y, seed = draw.normal(8, 5), draw.normal(8, 2), draw.seed()
    base = {"hidden": 7, "learning_rate": 1e-3, "steps": 3, "seed": seed}
    runs = [{**base, "steps": 0}, base, base, {**base, "seed": seed + 1}]
    (_, start, _), (first, end, _), (again, end_again, _), (other, _, _) = submission.run(fit, x, y, runs)
    assert_close(first[0], loss_of(start, y), rtol=1e-7, label="the first loss")
    assert_close(again, first, rtol=1e-7, label="the losses of a second run with the same seed")
    assert_close(end_again, end, rtol=1e-7, label="net(x) of a second run with the same seed")
    if other[0] == first[0]:
        raise CheckFailure(f"fit_random_data starts alike with seed {seed} and with seed {seed + 1}")


@timeout(30)
@points(1, question="fit_random_data")
def test_fit_random_data_arguments(submission, draw):
    """As many losses as steps; hidden and learning_rate have their effect; steps add up."""
    x, y = draw.normal(8, 5), draw.normal(8, 2)
    base = {"hidden": 7, "learning_rate": 1e-3, "steps": 4, "seed": draw.seed()}
    runs = [base, {**base, "steps": 2}, {**base, "learning_rate": 0.0}, {**base, "hidden": 9, "steps": 1}]
    (losses, _, shapes), (two, middle, _), (still, _, _), (one, _, wide) = submission.run(fit, x, y, runs)
    assert_close([len(each) for each in (losses, two, still, one)], [4, 2, 4, 1], label="numbers of losses")
    assert_close(losses[:2], two, rtol=1e-7, label="the first two of four losses, against a run of two steps")
    assert_close(losses[2], loss_of(middle, y), rtol=1e-7, label="the third loss, against the net after two steps")
    assert_close(still, losses[:1] * 4, rtol=1e-7, label="the losses with learning rate 0")
    for sizes, hidden in ((shapes, 7), (wide, 9)):
        weights = sorted(sorted(shape) for shape in sizes if len(shape) == 2 and 1 not in shape)
        assert_close(weights, sorted([sorted([5, hidden]), sorted([2, hidden])]), label=f"weights for hidden={hidden}")
    if not losses[3] < losses[0]:
        raise CheckFailure("the loss does not fall", [f"losses: {losses}"])


@probe
def fit_without_optimizer(student, x, y, settings):
    """The losses, the outputs, and how many optimizers were made."""
    made, original = [], torch.optim.Optimizer.__init__

    def watched(self, *args, **kwargs):
        made.append(1)
        original(self, *args, **kwargs)

    torch.optim.Optimizer.__init__ = watched
    try:
        net, losses = student.fit_random_data(x, y, **settings)
    finally:
        torch.optim.Optimizer.__init__ = original
    return losses, net(x).detach(), len(made)


@timeout(30)
@points("0.5", question="fit_random_data")
def test_fit_random_data_without_optimizer(submission, draw):
    """The steps are taken by hand, without torch.optim."""
    x, y = draw.normal(8, 5), draw.normal(8, 2)
    settings = {"hidden": 7, "learning_rate": 1e-3, "steps": 3}
    losses, out, made = submission.run(fit_without_optimizer, x, y, settings)
    if not (len(losses) == 3 and losses[0] > losses[2] > loss_of(out, y) > 0):
        raise CheckFailure("the loss does not fall with each step", [f"losses: {losses}"])
    assert_close(made, 0, label="the number of optimizers made", hint="p -= learning_rate * p.grad, under no_grad")


@timeout(30)
@points("0.5", question="fit_random_data")
def test_fit_random_data_keeps_the_dtype(submission, draw):
    """The net has the dtype of x; x and y, contiguous or not, are as they were."""
    for dtype in (torch.float64, torch.float32):
        x, y = draw.normal(8, 5, dtype=dtype, contiguous=False), draw.normal(2, 8, dtype=dtype).T
        ((losses, out, _),) = submission.run(fit, x, y, [{"hidden": 7, "learning_rate": 1e-3, "steps": 2}])
        assert_close(out, torch.zeros(8, 2, dtype=dtype), atol=math.inf, label="net(x)")  # form only
        if not losses[0] > losses[1] > loss_of(out, y) > 0:
            raise CheckFailure("the loss does not fall with each step", [f"losses: {losses}"])
