"""Hidden tests of mlp_mnist: edge cases, precisions, layouts, modes, random orders, files from strangers, training.

Oracles are closed forms in float64, torch.optim and autograd, all of them on the judge's side.
"""

import math

import numpy as np
import torch
import torch._dynamo  # torch.optim imports it on first use, which takes a second: once here, not in every judge

from autograder import CheckFailure, assert_close, points, probe, timeout
from autograder.checks import show_confusion, show_curve
from autograder.data import load_images

FLOAT32 = {"rtol": 1e-4, "atol": 1e-4}  # sums of up to 784 products


def prepared(images):
    """What to_inputs is to make of images, in float64."""
    return (images.flatten(1).double() / 255 - 0.1307) / 0.3081


def drawn_images(draw, count):
    return draw.integers(count, 28, 28, high=256, dtype=torch.uint8)


# ---------------------------------------------------------------------------------------------------------------------
# Images as inputs
# ---------------------------------------------------------------------------------------------------------------------


@points("1.5", question="to_inputs")
def test_to_inputs_layouts(submission, draw):
    """Images need not be contiguous."""
    images = drawn_images(draw, 5)
    for given in (images.transpose(1, 2), images[::2], images[:1].expand(3, 28, 28), draw.noncontiguous(images)):
        assert_close(submission.call("to_inputs", given), prepared(given).float())


@points("1.5", question="to_inputs")
def test_to_inputs_small_batches(submission, draw):
    """One image gives one row, no images give none."""
    images = drawn_images(draw, 1)
    assert_close(submission.call("to_inputs", images), prepared(images).float())
    hint = "reshape(0, -1) can't tell what -1 stands for; flatten(1) can"
    assert_close(submission.call("to_inputs", images[:0]), torch.zeros(0, 784), allow_empty=True, hint=hint)


# ---------------------------------------------------------------------------------------------------------------------
# The network
# ---------------------------------------------------------------------------------------------------------------------


@probe
def logits_of(student, settings, values, batches, training):
    """The shapes of the parameters, which are set to values, and the logits of each batch."""
    model = student.MLP(**settings).to(batches[0].device).to(values.dtype)
    params = list(model.parameters())
    shapes = [list(param.shape) for param in params]
    if sum(param.numel() for param in params) != len(values):
        return shapes, None
    with torch.no_grad():
        for param, part in zip(params, values.split([param.numel() for param in params]), strict=True):
            param.copy_(part.reshape(param.shape))
    model.train(training)
    return shapes, [model(batch) for batch in batches]


def count_of(sizes):
    """How many numbers the parameters of a network hold."""
    features, hidden, classes = sizes
    return hidden * (features + 1) + classes * (hidden + 1)


def network(shapes, values, sizes):
    """w1 (H, D), b1 (H,), w2 (C, H), b2 (C,) in float64: the drawn values, cut as the submission's shapes say."""
    features, hidden, classes = sizes
    places = {(hidden, features): 0, (features, hidden): 0, (hidden,): 1, (classes, hidden): 2, (hidden, classes): 2}
    places[(classes,)] = 3
    kinds = [places.get(tuple(n for n in shape if n != 1)) for shape in shapes]
    if sorted(kinds, key=str) != [0, 1, 2, 3]:
        raise CheckFailure(
            f"MLP({features}, {hidden}, {classes}) does not have the parameters of two linear layers",
            [
                f"got shapes      {', '.join(str(tuple(shape)) for shape in shapes) or 'none'}",
                f"expected shapes {(hidden, features)}, {(hidden,)}, {(classes, hidden)}, {(classes,)}",
            ],
            hint="layers and parameters must be attributes of the module, and made from its arguments",
        )
    found = [None] * 4
    for kind, shape, part in zip(kinds, shapes, values.double().split([math.prod(s) for s in shapes]), strict=True):
        found[kind] = part.reshape([n for n in shape if n != 1])
    w1, b1, w2, b2 = found
    return w1 if w1.shape == (hidden, features) else w1.T, b1, w2 if w2.shape == (classes, hidden) else w2.T, b2


def expected_logits(params, x):
    w1, b1, w2, b2 = params
    return (x.flatten(1).double() @ w1.T + b1).clamp(min=0) @ w2.T + b2


def settings_of(sizes, **more):
    return {**dict(zip(("in_features", "hidden", "num_classes"), sizes, strict=True)), **more}


def masks_of(logits, params, x):
    """What each hidden unit was multiplied by, (N, H), NaN for units that are off: the logits solved for it.

    With more classes than hidden units the output layer can be undone.
    """
    w1, b1, w2, b2 = params
    hidden = (x.double() @ w1.T + b1).clamp(min=0)
    shown = torch.linalg.lstsq(w2, (logits.double() - b2).T).solution.T
    off = logits.double() - b2 - shown @ w2.T
    assert_close(off, torch.zeros_like(off), atol=1e-3, label="what no dropped hidden unit explains in the logits")
    return torch.where(hidden > 0.1, shown / hidden, float("nan"))


MASKED = (20, 32, 40)


def assert_dropped(logits, params, x, rate, label):
    """Hidden units are dropped one by one with this chance, and the others scaled up."""
    masks = masks_of(logits, params, x)
    on = ~masks.isnan()
    dropped = on & (masks.abs() < 0.01)
    kept = masks[on & ~dropped]
    hint = "dropout belongs on the hidden layer; what is kept is divided by 1 - dropout, as nn.Dropout does"
    assert_close(
        kept, torch.full_like(kept, 1 / (1 - rate)), rtol=1e-2, label=f"scale of kept units, {label}", hint=hint
    )
    share = (dropped.sum() / on.sum()).item()
    assert_close(share, rate, rtol=0, atol=0.05, label=f"share of dropped hidden units, {label}")
    by_row, by_unit = (dropped.sum(dim) / on.sum(dim) for dim in (1, 0))
    # One by one, both are about 0.1, more where a unit is on in few rows; dropped together, they are near 0.5.
    if by_row.std() < 0.02 or by_row.std() > 0.25 or by_unit.std() > 0.25:
        raise CheckFailure(
            f"hidden units are not dropped one by one, {label}",
            [f"spread of the share that is dropped: {by_row.std():.2f} among rows, {by_unit.std():.2f} among units"],
            hint="each entry of (N, H) is dropped by a chance of its own",
        )
    return dropped


@points(2, question="mlp")
def test_mlp_dropout_rate(submission, draw):
    """In training mode each hidden unit is dropped with the given chance, anew in each pass."""
    values, x = draw.normal(count_of(MASKED), scale=0.5).float(), draw.normal(100, 20).float()
    for rate in (0.2, 0.6):
        shapes, logits = submission.run(logits_of, settings_of(MASKED, dropout=rate), values, [x, x], True)
        params = network(shapes, values, MASKED)
        one, two = (assert_dropped(each, params, x, rate, f"dropout={rate}") for each in logits)
        if torch.equal(one, two):
            raise CheckFailure("two passes in training mode drop the same hidden units")


@points(1, question="mlp")
def test_mlp_without_dropout(submission, draw):
    """The default is no dropout: training mode gives what evaluation mode gives."""
    sizes = (20, 7, 5)
    values, x = draw.normal(count_of(sizes), scale=0.5).float(), draw.normal(9, 20).float()
    _, (expected,) = submission.run(logits_of, settings_of(sizes, dropout=0.0), values, [x], False)
    assert_close(expected, torch.zeros(9, 5), rtol=0, atol=math.inf, label="MLP(20, 7, 5)(x)")  # form only
    if len(expected.unique()) < 5:
        raise CheckFailure("MLP(20, 7, 5) gives the same logits for all rows of a random batch")
    for more in ({}, {"dropout": 0.0}):
        _, (logits,) = submission.run(logits_of, settings_of(sizes, **more), values, [x], True)
        label = "logits in training mode without dropout, compared with evaluation mode"
        assert_close(logits, expected, label=label, **FLOAT32)


@points(1, question="mlp")
def test_mlp_float64(submission, draw):
    """After model.double() it takes float64 and gives float64, with its precision."""
    sizes = (20, 7, 5)
    values, x = draw.normal(count_of(sizes), scale=0.5), draw.normal(6, 20)
    shapes, logits = submission.run(logits_of, settings_of(sizes), values, [x], False)
    assert_close(logits[0], expected_logits(network(shapes, values, sizes), x), label="MLP(20, 7, 5).double()(x)")


@points("1.5", question="mlp")
def test_mlp_layouts_and_small_batches(submission, draw):
    """Inputs need not be contiguous; one row is a batch; no rows give no logits, whatever the shape of an image."""
    sizes = (20, 7, 5)
    values = draw.normal(count_of(sizes), scale=0.5).float()
    apart = draw.normal(5, 4, 6).float().permute(2, 1, 0)  # images of 4 x 5
    x = apart.reshape(6, 20)
    batches = [x, draw.noncontiguous(x), apart, x[:1], apart[:1], x[:0], apart[:0]]
    _, (expected, *logits) = submission.run(logits_of, settings_of(sizes), values, batches, False)
    assert_close(expected, torch.zeros(6, 5), rtol=0, atol=math.inf, label="MLP(20, 7, 5)(x)")  # form only
    if len(expected.unique()) < 5:
        raise CheckFailure("MLP(20, 7, 5) gives the same logits for all rows of a random batch")
    for batch, result in zip(batches[1:], logits, strict=True):
        label = f"MLP(20, 7, 5)(x {tuple(batch.shape)}), compared with contiguous rows"
        assert_close(result, expected[: len(batch)], label=label, allow_empty=True, **FLOAT32)


@probe
def gradients_of(student, settings, values, x, labels):
    """The shapes of the parameters, which are set to values, and the gradients of the mean cross entropy."""
    model = student.MLP(**settings).to(x.device, x.dtype)
    params = list(model.parameters())
    with torch.no_grad():
        for param, part in zip(params, values.split([param.numel() for param in params]), strict=True):
            param.copy_(part.reshape(param.shape))
    torch.nn.functional.cross_entropy(model(x), labels).backward()
    return [list(param.shape) for param in params], torch.cat([param.grad.flatten() for param in params])


@points("1.5", question="mlp")
def test_mlp_gradients(submission, draw):
    """Gradients of a loss reach every parameter, through both layers."""
    sizes = (20, 7, 5)
    values, x, labels = draw.normal(count_of(sizes), scale=0.5), draw.normal(9, 20), draw.labels(9, 5)
    shapes, grads = submission.run(gradients_of, settings_of(sizes), values, x, labels)
    leaf = values.clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy(expected_logits(network(shapes, leaf, sizes), x), labels)
    expected = torch.autograd.grad(loss, leaf)[0]
    hint = ".data, .detach(), .item() and torch.no_grad() cut the graph"
    assert_close(grads, expected, label="gradients of all parameters", hint=hint)


@probe
def fresh_networks(student, settings, x):
    """The initial parameters of two networks; the logits of the first, before and after the second is changed."""
    one, two = student.MLP(**settings).to(x.device), student.MLP(**settings).to(x.device)
    initial = [[param.detach().clone() for param in model.parameters()] for model in (one, two)]
    before = one(x)
    with torch.no_grad():
        for param in two.parameters():
            param.zero_()
    return initial, before, one(x)


@points(1, question="mlp")
def test_mlp_initial_weights(submission, draw):
    """Hidden units start different from each other, and two networks share nothing."""
    sizes = (20, 7, 5)
    x = draw.normal(9, 20).float()
    initial, before, after = submission.run(fresh_networks, settings_of(sizes), x)
    params = []
    for each in initial:
        flat = torch.cat([param.flatten() for param in each])
        params.append(network([list(param.shape) for param in each], flat, sizes))
    assert_close(before, torch.zeros(9, 5), rtol=0, atol=math.inf, label="logits of a fresh MLP(20, 7, 5)")  # form only
    assert_close(after, before, label="logits of one network after the parameters of another were set to 0", **FLOAT32)
    w1, _, w2, _ = params[0]
    for name, weight in (("first", w1), ("second", w2)):
        if len(weight.unique(dim=0)) < len(weight) or len(weight.T.unique(dim=0)) < len(weight.T):
            raise CheckFailure(
                f"units have the same initial weights in the {name} layer",
                hint="units that start equal get equal gradients, and stay equal for ever: draw the weights",
            )
    if torch.equal(params[0][0], params[1][0]):
        raise CheckFailure("two networks made one after the other have the same initial weights")


# ---------------------------------------------------------------------------------------------------------------------
# Batches
# ---------------------------------------------------------------------------------------------------------------------


@probe
def epochs_of(student, images, labels, batch_size, shuffle, seed, epochs):
    """Whether it is a DataLoader, and for each epoch its batches."""
    loader = student.make_loader(images.cpu(), labels.cpu(), batch_size, shuffle, seed=seed)
    seen = [[(x.to(images.device), y.to(images.device)) for x, y in loader] for _ in range(epochs)]
    return isinstance(loader, torch.utils.data.DataLoader), seen


def numbered(draw, count):
    """Images of one grey each, no two the same, and as labels the numbers 0 to count - 1 in random order."""
    grey = 10 * draw.permutation(count).to(torch.uint8) + 5
    return grey[:, None, None].repeat(1, 28, 28), draw.permutation(count)


def assert_pairs(batches, images, labels, label="the images of an epoch, from dark to bright"):
    """Each image has kept its label, however inputs are made of images."""
    inputs, kept = torch.cat([x.flatten(1) for x, _ in batches]), torch.cat([y for _, y in batches])
    found, wanted = kept[inputs.mean(dim=1).argsort()], labels[images[:, 0, 0].argsort()]
    assert_close(found, wanted, label=f"labels of {label}", hint="x[i] belongs to y[i]")


def assert_sizes(batches, sizes):
    found = [len(y) for _, y in batches]
    assert_close(found, sizes, label="numbers of samples in the batches", hint="the last batch is short, not dropped")


@probe
def orders_of(student, images, labels, batch_size, seed, epochs):
    """The labels of two shuffled loaders with the same seed, epoch by epoch in turn, other random numbers between."""
    loaders = [student.make_loader(images.cpu(), labels.cpu(), batch_size, True, seed=seed) for _ in range(2)]
    orders = []
    for _ in range(epochs):
        for loader in loaders:
            torch.rand(3)
            orders.append(torch.cat([y for _, y in loader]).to(labels.device))
    return orders[::2], orders[1::2]


@points(2, question="make_loader")
def test_make_loader_epochs_differ(submission, draw):
    """Each epoch has an order of its own, and every sample in it."""
    images, labels = numbered(draw, 23)
    _, epochs = submission.run(epochs_of, images, labels, 5, True, draw.seed(), 4)
    orders = [torch.cat([y for _, y in batches]) for batches in epochs]
    for order in orders:
        assert_close(
            order.sort().values, torch.arange(23), label="labels of an epoch, sorted", hint="every sample once"
        )
    for batches in epochs:
        assert_pairs(batches, images, labels)
    if any(torch.equal(orders[i], orders[j]) for i in range(4) for j in range(i)):
        raise CheckFailure(
            "two epochs of a shuffled loader have the same order",
            hint="seed once, when the loader is made; the order is drawn when an epoch begins",
        )


@points("1.5", question="make_loader")
def test_make_loader_has_its_own_random_numbers(submission, draw):
    """Two loaders with one seed agree in every epoch, whatever else is drawn from torch's own generator meanwhile."""
    images, labels = numbered(draw, 17)
    one, two = submission.run(orders_of, images, labels, 4, draw.seed(), 3)
    for number, (first, second) in enumerate(zip(one, two, strict=True), start=1):
        assert_close(first.sort().values, torch.arange(17), label=f"labels of epoch {number}, sorted")
        hint = "give the loader a torch.Generator of its own"
        assert_close(second, first, label=f"labels of epoch {number}, of another loader with the same seed", hint=hint)


@points("1.5", question="make_loader")
def test_make_loader_batch_sizes(submission, draw):
    """Single samples, a size that divides N, all at once, and a size that exceeds N."""
    images, labels = numbered(draw, 6)
    for size, sizes in ((1, [1] * 6), (3, [3, 3]), (6, [6]), (10, [6])):
        for shuffle in (False, True):
            _, (batches,) = submission.run(epochs_of, images, labels, size, shuffle, 1, 1)
            assert_sizes(batches, sizes)
            seen = torch.cat([y for _, y in batches])
            assert_close(seen.sort().values, torch.arange(6), label=f"labels in batches of {size}, sorted")
            assert_pairs(batches, images, labels, f"an epoch in batches of {size}, from dark to bright")


@points(1, question="make_loader")
def test_make_loader_again_in_order(submission, draw):
    """Not shuffled, every epoch is in the given order; images and labels need not be contiguous."""
    images, labels = numbered(draw, 8)
    given = draw.noncontiguous(images), draw.noncontiguous(labels)
    _, epochs = submission.run(epochs_of, *given, 3, False, draw.seed(), 2)
    for batches in epochs:
        assert_sizes(batches, [3, 3, 2])
        assert_close(torch.cat([y for _, y in batches]), labels, label="labels of an epoch")
        assert_pairs(batches, images, labels)


# ---------------------------------------------------------------------------------------------------------------------
# Adam
# ---------------------------------------------------------------------------------------------------------------------


@probe
def adam_path(student, start, steps, settings):
    """The parameters after each step; a gradient that is None is missing."""
    params = [torch.nn.Parameter(value.clone()) for value in start]
    optimizer = student.Adam(params, **settings)
    path = []
    for grads in steps:
        for param, grad in zip(params, grads, strict=True):
            param.grad = None if grad is None else grad.clone()
        optimizer.step()
        path.append([param.detach().clone() for param in params])
    return path


def torchs_path(start, steps, settings):
    """The same by torch.optim.Adam, in float64."""
    params = [torch.nn.Parameter(value.double()) for value in start]
    optimizer = torch.optim.Adam(params, **settings)
    path = []
    for grads in steps:
        for param, grad in zip(params, grads, strict=True):
            param.grad = None if grad is None else grad.double()
        optimizer.step()
        path.append([param.detach().clone() for param in params])
    return path


def assert_follows(path, expected, dtype=torch.float64, hint=None, **tolerance):
    """Each parameter after each step."""
    for number, (params, wanted) in enumerate(zip(path, expected, strict=True), start=1):
        for i, (param, value) in enumerate(zip(params, wanted, strict=True)):
            label = f"parameter {i} {tuple(value.shape)} after step {number}"
            assert_close(param, value.to(dtype), label=label, hint=hint, **tolerance)


def assert_moved(params, start):
    for i, (param, value) in enumerate(zip(params, start, strict=True)):
        assert_close(param, value, rtol=0, atol=math.inf, label=f"parameter {i}")  # form only
        if not bool((param != value).all()):
            raise CheckFailure(f"step() leaves parameter {i}, which has a gradient, where it is")


@points(2, question="adam")
def test_adam_fifty_steps(submission, draw):
    """Fifty steps with gradients of very different size, zeros among them, with the default arguments."""
    shapes = [(2, 3), (4,)]
    start = [draw.normal(*shape) for shape in shapes]
    sizes = [10.0 ** draw.integers(*shape, low=-9, high=3) for shape in shapes]
    steps = [[draw.normal(*shape) * size for shape, size in zip(shapes, sizes, strict=True)] for _ in range(50)]
    for grads in steps[:20]:
        grads[1][:2] = 0
    path = submission.run(adam_path, start, steps, {})
    assert_follows(path, torchs_path(start, steps, {}), hint="eps is added to the root, not under it")


@points(2, question="adam")
def test_adam_counts_for_each_parameter(submission, draw):
    """Where a gradient is missing for some steps, the bias correction goes by the steps of that parameter alone."""
    present = [[1, 0, 1], [1, 0, 0], [0, 0, 1], [1, 1, 1], [0, 1, 1], [1, 1, 0], [1, 1, 1]]
    shapes = [(2, 3), (4,), (3,)]
    start = [draw.normal(*shape) for shape in shapes]
    steps = [[draw.normal(*s) if there else None for s, there in zip(shapes, row, strict=True)] for row in present]
    settings = {"lr": 0.01, "betas": (0.7, 0.9)}
    path = submission.run(adam_path, start, steps, settings)
    hint = "a step without a gradient changes nothing of a parameter: not its running means, not its count of steps"
    assert_follows(path, torchs_path(start, steps, settings), hint=hint)


@probe
def adam_looks_back(student, start, grads, steps):
    params = [torch.nn.Parameter(value.clone()) for value in start]
    optimizer = student.Adam(params, lr=0.1)
    for param, grad in zip(params, grads, strict=True):
        param.grad = grad.clone()
    for _ in range(steps):
        optimizer.step()
    after = [param.grad.clone() for param in params]
    (params[0] ** 2).sum().backward()  # goes on as if nothing had happened: a leaf, and no graph of the steps behind it
    return params, after, params[0].grad - after[0]


@points(1, question="adam")
def test_adam_leaves_gradients(submission, draw):
    """Steps change neither the gradients nor that the parameters are leaves, and remember no graph."""
    start, grads = [draw.normal(3), draw.normal(2, 2)], [draw.away_from_kinks(3), draw.away_from_kinks(2, 2)]
    params, after, more = submission.run(adam_looks_back, start, grads, 3)
    assert_moved(params, start)
    for i in range(2):
        assert_close(after[i], grads[i], rtol=0, atol=0, label=f"gradient {i} after three steps", hint="work on a copy")
    assert_close(more, 2 * params[0], label="gradient of the sum of squares afterwards")


@points(1, question="adam")
def test_adam_float32(submission, draw):
    """Parameters in float32 stay in float32, and end where those in float64 do."""
    shapes = [(3, 4), (5,)]
    start = [draw.normal(*shape) for shape in shapes]
    steps = [[draw.normal(*shape) for shape in shapes] for _ in range(5)]
    single = [value.float() for value in start], [[grad.float() for grad in step] for step in steps]
    path = submission.run(adam_path, *single, {"lr": 0.01})
    assert_moved(path[-1], single[0])
    assert_follows(path, submission.run(adam_path, start, steps, {"lr": 0.01}), torch.float32, **FLOAT32)


@probe
def adam_of_generator(student, start, grads, steps):
    params = [torch.nn.Parameter(value.clone()) for value in start]
    optimizer = student.Adam((param for param in params), 0.01, (0.8, 0.9), 1e-6)
    for _ in range(steps):
        optimizer.zero_grad()
        for param, grad in zip(params, grads, strict=True):
            param.grad = grad.clone()
        optimizer.step()
    return params


@points("1.5", question="adam")
def test_adam_takes_any_parameters(submission, draw):
    """Parameters may come from a generator, be a single number, or lie in memory in another order."""
    start = [draw.normal(4, 3).T, draw.normal(), draw.normal(2, 3, 2).permute(2, 0, 1)]
    grads = [draw.normal(3, 4), draw.normal(), draw.normal(2, 2, 3)]
    params = submission.run(adam_of_generator, start, grads, 4)
    settings = {"lr": 0.01, "betas": (0.8, 0.9), "eps": 1e-6}
    plain = [value.reshape(-1).clone() for value in start], [[grad.reshape(-1) for grad in grads]] * 4
    expected = submission.run(adam_path, *plain, settings)[-1]
    hint = "a generator yields its items once: keep them in a list"
    assert_moved(params, start)
    for i, (param, value) in enumerate(zip(params, expected, strict=True)):
        label = f"parameter {i} {tuple(start[i].shape)} after four steps, compared with a list of vectors"
        assert_close(param, value.reshape(start[i].shape), label=label, hint=hint)


@probe
def adam_twice(student, start, other, grads, settings):
    """Two optimizers take steps in turn."""
    params = [[torch.nn.Parameter(value.clone()) for value in values] for values in (start, other)]
    optimizers = [student.Adam(each, **more) for each, more in zip(params, settings, strict=True)]
    for step in grads:
        for each, optimizer in zip(params, optimizers, strict=True):
            for param, grad in zip(each, step, strict=True):
                param.grad = grad.clone()
            optimizer.step()
    return params


@points(1, question="adam")
def test_adam_two_optimizers(submission, draw):
    """Two optimizers that are used in turn know nothing of each other."""
    starts = [draw.normal(3), draw.normal(2, 2)], [draw.normal(3), draw.normal(2, 2)]
    steps = [[draw.normal(3), draw.normal(2, 2)] for _ in range(3)]
    settings = [{"lr": 0.1}, {"lr": 0.01, "betas": (0.5, 0.9)}]
    both = submission.run(adam_twice, *starts, steps, settings)
    for params, start, more in zip(both, starts, settings, strict=True):
        assert_moved(params, start)
        alone = submission.run(adam_path, start, steps, more)[-1]
        assert_close(params, alone, label="parameters, compared with those of an optimizer that is used alone")


@probe
def adam_by_hand(student, start, grad):
    """A parameter after a step, and the functions of torch.optim that ran for it."""
    import os
    import sys

    theirs = set()
    folder = os.path.join("torch", "optim") + os.sep

    def note(frame, event, arg):
        if event == "call" and folder in frame.f_code.co_filename:
            theirs.add(frame.f_code.co_qualname)
        if event == "c_call" and "_adam" in getattr(arg, "__name__", ""):
            theirs.add(arg.__name__)

    param = torch.nn.Parameter(start.clone())
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        optimizer = student.Adam([param], lr=0.1)
        param.grad = grad.clone()
        optimizer.step()
    finally:
        sys.setprofile(before)
    return param, sorted(theirs)


@points("0.5", question="adam")
def test_adam_by_hand(submission, draw):
    """A step moves the parameter, and nothing of torch.optim is used for it, not even as a base class."""
    start, grad = draw.normal(3), draw.away_from_kinks(3)
    param, theirs = submission.run(adam_by_hand, start, grad)
    assert_moved([param], [start])
    if theirs:
        raise CheckFailure("Adam uses torch.optim", [f"it calls {', '.join(map(str, theirs[:3]))}"])


# ---------------------------------------------------------------------------------------------------------------------
# One epoch
# ---------------------------------------------------------------------------------------------------------------------


@probe
def epochs_of_linear(student, weight, bias, x, labels, batch_size, lr, epochs):
    """Losses and parameters of a linear model that is trained by torch's SGD."""
    model = torch.nn.Linear(weight.shape[1], weight.shape[0]).to(weight.device, weight.dtype)
    with torch.no_grad():
        model.weight.copy_(weight)
        model.bias.copy_(bias)
    dataset = torch.utils.data.TensorDataset(x.cpu(), labels.cpu())
    loader = torch.utils.data.DataLoader(dataset, batch_size=batch_size)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = [student.train_one_epoch(model, loader, optimizer, device=x.device.type) for _ in range(epochs)]
    return losses, model.weight, model.bias


def epochs_by_hand(weight, bias, x, labels, batch_size, lr, epochs):
    """The same in float64, with the gradients of the mean cross entropy written out."""
    weight, bias, x = weight.double().clone(), bias.double().clone(), x.double()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for some, wanted in zip(x.split(batch_size), labels.split(batch_size), strict=True):
            logs = (some @ weight.T + bias).log_softmax(dim=1)
            total -= logs.gather(1, wanted[:, None]).sum().item()
            slope = (logs.exp() - torch.nn.functional.one_hot(wanted, len(bias))) / len(wanted)
            weight -= lr * slope.T @ some
            bias -= lr * slope.sum(dim=0)
        losses.append(total / len(labels))
    return losses, weight, bias


def assert_loss(loss, expected, label, hint=None, **tolerance):
    """A Python float; what NumPy makes of one is a float too."""
    loss = float(loss) if isinstance(loss, np.floating) else loss
    assert_close(loss, expected, label=label, hint=hint, **{"rtol": 1e-5, "atol": 1e-6, **tolerance})


def linear_task(draw, count=11, dtype=torch.float32):
    """weight (4, 6), bias (4,), x (count, 6) and labels (count,); four classes."""
    return draw.normal(4, 6).to(dtype), draw.normal(4).to(dtype), draw.normal(count, 6).to(dtype), draw.labels(count, 4)


@points("1.5", question="train_one_epoch")
def test_train_one_epoch_twice(submission, draw):
    """A second epoch goes on where the first one ended, with gradients of its own."""
    task = linear_task(draw, 10)
    losses, weight, bias = submission.run(epochs_of_linear, *task, 4, 0.3, 2)
    expected, wanted_weight, wanted_bias = epochs_by_hand(*task, 4, 0.3, 2)
    for number in range(2):
        assert_loss(losses[number], expected[number], f"loss of epoch {number + 1}", rtol=1e-4)
    assert_close(weight, wanted_weight.float(), label="weight after two epochs", **FLOAT32)
    assert_close(bias, wanted_bias.float(), label="bias after two epochs", **FLOAT32)


@points(1, question="train_one_epoch")
def test_train_one_epoch_float64(submission, draw):
    """A model and inputs in float64 are trained in float64, a batch of one among them."""
    task = linear_task(draw, 9, torch.float64)
    _, weight, bias = submission.run(epochs_of_linear, *task, 4, 0.5, 1)
    _, wanted_weight, wanted_bias = epochs_by_hand(*task, 4, 0.5, 1)
    assert_close(weight, wanted_weight, label="weight after an epoch")
    assert_close(bias, wanted_bias, label="bias after an epoch")


@probe
def epoch_of_moody(student, weight, bias, x, labels, batch_size, training):
    """The trained weight and bias of a model that says the opposite in evaluation mode."""

    class Moody(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight, self.bias = torch.nn.Parameter(weight.clone()), torch.nn.Parameter(bias.clone())

        def forward(self, x):
            logits = x @ self.weight.T + self.bias
            return logits if self.training else -logits

    model = Moody().train(training)
    dataset = torch.utils.data.TensorDataset(x.cpu(), labels.cpu())
    loader = torch.utils.data.DataLoader(dataset, batch_size=batch_size)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    student.train_one_epoch(model, loader, optimizer, device=x.device.type)
    return model.weight, model.bias


@points(2, question="train_one_epoch")
def test_train_one_epoch_in_training_mode(submission, draw):
    """A model that was in evaluation mode is trained in training mode, with every batch."""
    task = linear_task(draw)
    for training in (False, True):
        trained = submission.run(epoch_of_moody, *task, 4, training)
        _, *wanted = epochs_by_hand(*task, 4, 0.5, 1)
        was = "training" if training else "evaluation"
        for param, value, name in zip(trained, wanted, ("weight", "bias"), strict=True):
            label = f"{name} of a model that was in {was} mode"
            assert_close(param, value.float(), label=label, hint="call model.train() first", **FLOAT32)


@probe
def epochs_of_own_parts(student, settings, values, images, labels, batch_size, epochs):
    """The shapes of the network's parameters, the losses, and the parameters one after the other."""
    device = images.device.type
    model = student.MLP(**settings).to(device)
    params = list(model.parameters())
    with torch.no_grad():
        for param, part in zip(params, values.split([param.numel() for param in params]), strict=True):
            param.copy_(part.reshape(param.shape))
    loader = student.make_loader(images.cpu(), labels.cpu(), batch_size, False)
    optimizer = student.Adam(model.parameters(), lr=0.02, eps=0.1)
    losses = [student.train_one_epoch(model, loader, optimizer, device=device) for _ in range(epochs)]
    return [list(param.shape) for param in params], losses, torch.cat([param.flatten() for param in params])


@points(1, question="train_one_epoch")
def test_train_one_epoch_with_your_own_parts(submission, draw):
    """Your network, loader and optimizer work together as those of torch do."""
    sizes = (784, 6, 10)
    images, labels = drawn_images(draw, 10), draw.labels(10, 10)
    values = draw.normal(count_of(sizes), scale=0.05).float()
    shapes, losses, after = submission.run(epochs_of_own_parts, settings_of(sizes), values, images, labels, 4, 2)
    leaf = torch.nn.Parameter(values.double())
    optimizer = torch.optim.Adam([leaf], lr=0.02, eps=0.1)
    for number, loss in enumerate(losses, start=1):
        total = 0.0
        for x, y in zip(prepared(images).split(4), labels.split(4), strict=True):
            optimizer.zero_grad()
            mean = torch.nn.functional.cross_entropy(expected_logits(network(shapes, leaf, sizes), x), y)
            mean.backward()
            optimizer.step()
            total += mean.item() * len(y)
        assert_loss(loss, total / 10, f"loss of epoch {number}", rtol=1e-3, atol=1e-4)
    assert_close(after, leaf.detach().float(), label="all parameters after two epochs", rtol=1e-3, atol=1e-3)


# ---------------------------------------------------------------------------------------------------------------------
# Accuracy, predictions
# ---------------------------------------------------------------------------------------------------------------------


@probe
def accuracies_of(student, kinds, logits, labels, batch_size, training):
    """The accuracies of models that say the opposite: never, always, in training mode ("moody"), where a graph is built
    ("watchful"); what each says afterwards, its parameter and gradient, and whether graphs are still built then."""

    class Echo(torch.nn.Module):
        def __init__(self, kind):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(()))
            self.kind = kind

        def forward(self, x):
            opposite = {"plain": False, "opposite": True, "moody": self.training, "watchful": torch.is_grad_enabled()}
            return self.scale * (-x if opposite[self.kind] else x)

    dataset = torch.utils.data.TensorDataset(logits.cpu(), labels.cpu())
    loader = torch.utils.data.DataLoader(dataset, batch_size=batch_size)
    models = [Echo(kind).to(logits.device).train(training) for kind in kinds]
    for model in models:
        model.scale.grad = torch.full_like(model.scale, 3.0)
    accuracies = [student.evaluate(model, loader, device=logits.device.type) for model in models]
    still = torch.is_grad_enabled()
    torch.set_grad_enabled(True)
    after = [(model(logits), model.scale, model.scale.grad) for model in models]
    return accuracies, after, still


def scored(draw, right):
    """Logits and labels of 4 classes; row i is right where right[i]. No ties, and the smallest logit is never right."""
    labels = draw.integers(len(right), high=4)
    logits = draw.uniform(len(right), 4, low=-1.0, high=1.0).float()
    rows = torch.arange(len(right))
    logits[rows, labels] = torch.where(torch.tensor(right), 2.0, 0.0)
    logits[rows, (labels + 1) % 4] = 1.5
    logits[rows, (labels + 2) % 4] = -2.0
    return logits, labels


def assert_like_plain(accuracies, label, hint=None):
    """The accuracy of the first model is that of a plain one, and not that of its opposite; in whatever unit."""
    one, plain, opposite = (each.item() if isinstance(each, torch.Tensor) else float(each) for each in accuracies[:3])
    if not (math.isfinite(plain) and math.isfinite(opposite)) or abs(plain - opposite) < 1e-6:
        raise CheckFailure("evaluate gives a model and its opposite the same accuracy", [f"got {plain} and {opposite}"])
    assert_close(one, plain, rtol=1e-6, label=f"accuracy {label}", hint=hint)


RIGHT = [True, False, False, True, True, True, False]
KINDS = ["moody", "plain", "opposite", "watchful"]


@points("1.5", question="evaluate")
def test_evaluate_restores_the_mode(submission, draw):
    """Afterwards the model is in the mode that it was in, be it training or evaluation."""
    logits, labels = scored(draw, RIGHT)
    for training in (True, False):
        accuracies, after, _ = submission.run(accuracies_of, KINDS, logits, labels, 4, training)
        assert_like_plain(accuracies[1:2] * 2 + accuracies[2:3], "of a plain model")
        was = "training" if training else "evaluation"
        hint = "keep model.training before model.eval(), and give it to model.train(...) at the end"
        label = f"what a model that was in {was} mode says afterwards"
        says = -logits if training else logits
        assert_close(after[0][0], says, label=label, cause="the mode is not restored", hint=hint)


@points(1, question="evaluate")
def test_evaluate_builds_no_graph(submission, draw):
    """The model runs without gradients, and they are on again afterwards."""
    accuracies, _, still = submission.run(accuracies_of, KINDS, *scored(draw, RIGHT), 3, False)
    label = "of a model that says the opposite where a graph is built, compared with one that does not"
    assert_like_plain([accuracies[3], *accuracies[1:3]], label, "use torch.no_grad() around the loop")
    assert_close(still, True, label="whether gradients are enabled afterwards")


@points(1, question="evaluate")
def test_evaluate_leaves_the_model(submission, draw):
    """Parameters and gradients are as they were."""
    accuracies, after, _ = submission.run(accuracies_of, KINDS, *scored(draw, RIGHT), 2, True)
    assert_like_plain(accuracies[1:2] * 2 + accuracies[2:3], "of a plain model")
    for _, scale, grad in after:
        assert_close(scale, torch.tensor(1.0), rtol=0, atol=0, label="the parameter afterwards")
        assert_close(grad, torch.tensor(3.0), rtol=0, atol=0, label="its gradient afterwards")


@points(1, question="evaluate")
def test_evaluate_all_or_none(submission, draw):
    """1 where all are right, 0 where none is, also for a single sample; also in float64."""
    for right, expected in (([True] * 5, 1.0), ([False] * 4, 0.0), ([True], 1.0), ([False], 0.0)):
        for dtype in (torch.float32, torch.float64):
            logits, labels = scored(draw, right)
            (accuracy,), *_ = submission.run(accuracies_of, ["plain"], logits.to(dtype), labels, 2, False)
            who = "all" if expected else "none"
            assert_loss(accuracy, expected, f"accuracy where {who} of {len(right)} are right")


def blocks(draw, count):
    """Weights (10, 784) that look at a tenth of an image for each class, and images that are brighter in one tenth.

    The brightest tenth is the class, however pixels are rescaled.
    """
    place = torch.arange(784) // 79
    labels = draw.integers(count, high=10)
    images = torch.where(place == labels[:, None], 200, 50) + draw.integers(count, 784, high=50)
    return (place == torch.arange(10)[:, None]).float(), images.reshape(count, 28, 28).to(torch.uint8), labels


@probe
def predictions_of_moody(student, weight, sizes, images, training):
    """What is predicted for the first images, as many as each of sizes says; in training mode it is the opposite."""

    class Moody(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(weight.clone())

        def forward(self, x):
            logits = x.flatten(1) @ self.weight.T
            return -logits if self.training else logits

    model = Moody().train(training)
    device = images.device.type
    predicted = [student.predict(model, images[:size].cpu(), device=device) for size in sizes]
    return [each.device.type for each in predicted], [each.to(images.device) for each in predicted]


@points(2, question="predict")
def test_predict_any_number(submission, draw):
    """No images, one, and more than a thousand: the same class for an image, whatever comes with it."""
    weight, images, labels = blocks(draw, 1030)
    sizes = [0, 1, 3, 1030]
    devices, predicted = submission.run(predictions_of_moody, weight, sizes, images, False)
    for size, result in zip(sizes, predicted, strict=True):
        hint = "in pieces, take the last short one too; torch.cat needs at least one, so begin with an empty tensor"
        label = f"predict(model, {size} images)"
        assert_close(result, labels[:size], label=label, hint=hint, allow_empty=True)
    assert_close(devices, ["cpu"] * 4, label="devices of what predict returns")


@probe
def predictions_of_network(student, settings, values, images, inputs):
    """What is predicted by a network in training mode, whose parameters are set to values, and its logits otherwise."""
    device = images.device.type
    model = student.MLP(**settings).to(device)
    params = list(model.parameters())
    with torch.no_grad():
        for param, part in zip(params, values.split([param.numel() for param in params]), strict=True):
            param.copy_(part.reshape(param.shape))
    predicted = student.predict(model.train(), images.cpu(), device=device).to(device)
    return predicted, model.eval()(inputs)


@points(1, question="predict")
def test_predict_with_your_network(submission, draw):
    """Your network predicts without dropout, though it comes in training mode."""
    sizes = (784, 16, 10)
    values = draw.normal(count_of(sizes), scale=0.1).float()
    # Few bright pixels each: what all images share would decide the class for most of them otherwise.
    images = torch.where(draw.uniform(60, 28, 28) < 0.1, 255, 0).to(torch.uint8)
    inputs = prepared(images).float()
    predicted, logits = submission.run(predictions_of_network, settings_of(sizes, dropout=0.5), values, images, inputs)
    assert_close(logits, torch.zeros(60, 10), rtol=0, atol=math.inf, label="logits of your network")  # form only
    best = logits.topk(2)
    clear = best.values[:, 0] - best.values[:, 1] > 0.001 * logits.std()  # by far enough for float32
    if len(best.indices[clear, 0].unique()) < 3:
        raise CheckFailure("with random weights your network finds the same class in nearly all of 60 random images")
    label = "predict(MLP(784, 16, 10, dropout=0.5), images)"
    assert_close(predicted, best.indices[:, 0], rtol=0, atol=math.inf, label=label)  # form only
    assert_close(predicted[clear], best.indices[clear, 0], label=label, hint="call model.eval() first")


# ---------------------------------------------------------------------------------------------------------------------
# Checkpoints
# ---------------------------------------------------------------------------------------------------------------------


@probe
def saved(student, settings, values, x):
    """Parameters, which are set to values, logits, logits in training mode, and the bytes of the checkpoint."""
    import os
    import tempfile

    model = student.MLP(**settings).to(x.device)
    params = list(model.parameters())
    with torch.no_grad():
        for param, part in zip(params, values.split([param.numel() for param in params]), strict=True):
            param.copy_(part.reshape(param.shape))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "digits.pt")
        student.save_checkpoint(model, path)
        with open(path, "rb") as file:
            data = file.read()
    return params, model.eval()(x), model.train()(x), data


@probe
def loaded(student, data, x):
    """Parameters, logits, and logits in training mode of a model that is loaded from a file with these bytes."""
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "received.pt")
        with open(path, "wb") as file:
            file.write(data)
        model = student.load_checkpoint(path).to(x.device)
    return list(model.parameters()), model.eval()(x), model.train()(x)


def assert_came_back(before, after, values):
    """Parameters hold the values that they were set to, and the logits are the same."""
    flat = torch.cat([param.flatten() for param in before[0]])
    assert_close(flat, values, label="parameters of the network that is saved")
    for i, (param, value) in enumerate(zip(after[0], before[0], strict=True)):
        assert_close(param, value, label=f"parameter {i} of the loaded network")
    hint = "the file must hold the constructor's arguments beside the parameters"
    assert_close(after[1], before[1], label="logits of the loaded network", hint=hint, **FLOAT32)


@points("1.5", question="checkpoint")
def test_checkpoint_keeps_dropout(submission, draw):
    """In training mode the loaded network drops as much as the saved one, in evaluation mode both drop nothing."""
    sizes = (20, 32, 5)
    values, x = draw.normal(count_of(sizes), scale=0.5).float(), draw.normal(1, 20).float().repeat(3000, 1)
    for rate in (0.6, 0.0):
        *before, data = submission.run(saved, settings_of(sizes, dropout=rate), values, x)
        after = submission.run(loaded, data, x)
        assert_came_back(before, after, values)
        one, two = (logits.double().var(dim=0).mean().sqrt().item() for logits in (before[2], after[2]))
        if (one > 1e-3) != (rate > 0):
            raise CheckFailure(f"logits in training mode vary by {one:.2f} with dropout={rate}")
        label = f"spread of the logits of one row in training mode after loading, dropout={rate}"
        assert_close(two, one, rtol=0.12, atol=1e-3, label=label, hint="dropout is one of the constructor's arguments")


@probe
def loaded_from_stranger(student, kind):
    """Whether loading a stranger's file raises an error, and whether it runs the stranger's code."""
    import os
    import pickle
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path, mark = os.path.join(folder, "model.pt"), os.path.join(folder, "ran")

        class Stranger:
            def __reduce__(self):
                return os.mkdir, (mark,)

        content = {"zip": {"state": Stranger()}, "bare": Stranger(), "pickle": [Stranger()]}[kind]
        with open(path, "wb") as file:
            if kind == "pickle":
                pickle.dump(content, file, protocol=2)
            else:
                torch.save(content, file)
        try:
            student.load_checkpoint(path)
            refused = False
        except Exception:
            refused = True
        return refused, os.path.exists(mark)


@points(2, question="checkpoint")
def test_checkpoint_refuses_pickle(submission, draw):
    """A file that would run code while it is unpickled is refused and runs nothing; a checkpoint is not refused."""
    sizes = (20, 7, 5)
    values, x = draw.normal(count_of(sizes), scale=0.5).float(), draw.normal(6, 20).float()
    *before, data = submission.run(saved, settings_of(sizes), values, x)
    assert_came_back(before, submission.run(loaded, data, x), values)
    for kind in ("zip", "bare", "pickle"):
        refused, ran = submission.run(loaded_from_stranger, kind)
        if ran or not refused:
            raise CheckFailure(
                "load_checkpoint runs code that stands in the file" if ran else "load_checkpoint takes any file",
                hint="torch.load(path, weights_only=True), or a format that holds nothing but tensors",
            )


@probe
def saved_and_loaded(student, images, labels, settings):
    """Predictions and parameters of what train returns, then of what is loaded after saving it."""
    import pathlib
    import tempfile

    device = images.device.type
    models = [student.train(images.cpu(), labels.cpu(), device=device, **settings)]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "trained.pt"
        student.save_checkpoint(models[0], path)
        models.append(student.load_checkpoint(path).to(device))
    return [
        (student.predict(model, images.cpu(), device=device).tolist(), list(model.parameters())) for model in models
    ]


def sparse_images(draw, count):
    """Images of some large squares of random grey on black."""
    grey = draw.integers(count, 7, 7, high=256) * (draw.uniform(count, 7, 7) < 0.25)
    return grey.to(torch.uint8).repeat_interleave(4, dim=1).repeat_interleave(4, dim=2)


@points(1, question="checkpoint")
def test_checkpoint_of_what_train_returns(submission, draw):
    """What train returns comes back as well, by a pathlib.Path; it has the same parameters and predicts the same."""
    images, labels = sparse_images(draw, 60), draw.labels(60, 10)
    settings = {"epochs": 4, "batch_size": 16, "seed": draw.seed()}
    trained, again = submission.run(saved_and_loaded, images, labels, settings)
    assert_close(len(trained[0]), 60, label="number of predictions of what train returns")
    assert_close(len(trained[1]) > 0, True, label="whether the trained model has parameters")
    assert_close(again[0], trained[0], label="predictions of the loaded model")
    for i, (param, value) in enumerate(zip(again[1], trained[1], strict=True)):
        assert_close(param, value, label=f"parameter {i} of the loaded model")


@probe
def saved_over(student, settings, x):
    """Logits of two networks, and of both loaded after the second was saved; one file is written twice."""
    import os
    import tempfile

    models = [student.MLP(**settings).to(x.device).eval() for _ in range(2)]
    with tempfile.TemporaryDirectory() as folder:
        one, two = os.path.join(folder, "one.pt"), os.path.join(folder, "two.pt")
        student.save_checkpoint(models[1], one)
        student.save_checkpoint(models[0], one)
        student.save_checkpoint(models[1], two)
        again = [student.load_checkpoint(path).to(x.device).eval() for path in (one, two)]
    with torch.no_grad():
        for param in again[1].parameters():
            param.add_(1.0)
        return [model(x) for model in (*models, again[0])], again[1](x)


@points(1, question="checkpoint")
def test_checkpoint_files_are_separate(submission, draw):
    """A file holds what was saved in it last, and the loaded network shares nothing with the saved one."""
    x = draw.normal(6, 20).float()
    (first, second, again), changed = submission.run(saved_over, settings_of((20, 7, 5)), x)
    form = torch.zeros(6, 5)
    assert_close(first, form, atol=math.inf, label="logits of a network")
    assert_close(again, first, rtol=1e-5, atol=1e-5, label="logits of the network loaded from the first file")
    for other, what in ((second, "another network"), (changed, "a changed network")):
        if torch.equal(first, other) or torch.equal(second, changed):
            raise CheckFailure(f"a network has the same logits as {what}")


# ---------------------------------------------------------------------------------------------------------------------
# The whole run
# ---------------------------------------------------------------------------------------------------------------------

EPOCHS = {"digits": 6, "mnist": 2}
BATCH_SIZE = 64


@probe
def train_and_predict(student, images, labels, images_test, settings):
    """What is predicted after training, and the loss at each call of backward meanwhile."""
    device = images.device.type
    losses, backward = [], torch.Tensor.backward

    def noted(loss, *args, **kwargs):
        if loss.numel() == 1:
            losses.append(loss.detach())
        return backward(loss, *args, **kwargs)

    torch.Tensor.backward = noted
    try:
        model = student.train(images.cpu(), labels.cpu(), device=device, **settings)
    finally:
        torch.Tensor.backward = backward
    predicted = student.predict(model, images_test.cpu(), device=device).to(device)
    return predicted, torch.tensor([float(loss) for loss in losses])


@probe
def trained_params(student, images, labels, runs):
    """The parameters that each run ends with; other random numbers are drawn between them."""
    device = images.device.type
    params = []
    for settings in runs:
        torch.rand(3)
        model = student.train(images.cpu(), labels.cpu(), device=device, **settings)
        params.append(list(model.parameters()))
    return params


@timeout(60)
@points("1.5", question="train")
def test_train_moves_every_parameter(submission, draw):
    """With an epoch more, every parameter ends elsewhere; a batch that exceeds N is trained on as well."""
    images, labels = sparse_images(draw, 20), draw.labels(20, 10)
    seed = draw.seed()
    for batch_size in (8, 64):
        runs = [{"epochs": epochs, "batch_size": batch_size, "seed": seed} for epochs in (1, 2)]
        one, two = submission.run(trained_params, images, labels, runs)
        assert_close(len(one) > 0, True, label="whether the trained model has parameters")
        for i, (first, second) in enumerate(zip(one, two, strict=True)):
            if torch.equal(first, second):
                raise CheckFailure(
                    f"parameter {i} {tuple(first.shape)} does not move in an epoch with batch_size={batch_size}",
                    hint="the optimizer needs all parameters, of both layers; the last short batch counts too",
                )


@probe
def trained_sums(student, runs):
    """Each run's parameters, weighted and summed up: the sums tell runs apart as the parameters do."""
    sums = []
    for images, labels, settings in runs:
        torch.rand(3)
        model = student.train(images.cpu(), labels.cpu(), device=images.device.type, **settings)
        params = [param.detach().flatten().double().cpu() for param in model.parameters()]
        sums.append([(param @ torch.linspace(1, 2, len(param), dtype=torch.float64)).item() for param in params])
    return sums


@probe
def steps_taken(student, images, labels, settings):
    """How often a training calls backward."""
    calls, backward = [], torch.Tensor.backward

    def noted(loss, *args, **kwargs):
        calls.append(1)
        return backward(loss, *args, **kwargs)

    torch.Tensor.backward = noted
    try:
        student.train(images.cpu(), labels.cpu(), device=images.device.type, **settings)
    finally:
        torch.Tensor.backward = backward
    return len(calls)


@timeout(60)
@points("1.5", question="train")
def test_train_uses_its_arguments(submission, draw):
    """The number of epochs, the size of a batch, the labels and each image have their effect; arguments are kept."""
    images, labels = sparse_images(draw, 16), draw.labels(16, 10)
    base = {"epochs": 1, "batch_size": 8, "seed": draw.seed()}
    runs = {
        "as it is": (images, labels, base),
        "with an epoch more": (images, labels, {**base, "epochs": 2}),
        "with smaller batches": (images, labels, {**base, "batch_size": 5}),
        "with other labels": (images, (labels + 1) % 10, base),
    }
    for i in range(16):
        changed = images.clone()
        changed[i] = 255 - changed[i]
        runs[f"with image {i} of 16 changed"] = (changed, labels, base)
    sums = dict(zip(runs, submission.run(trained_sums, list(runs.values())), strict=True))
    plain = sums.pop("as it is")
    for what, other in sums.items():
        if other == plain:
            raise CheckFailure(f"train ends with the same weights {what}")
    one, two = (submission.run(steps_taken, images, labels, {**base, "epochs": epochs}) for epochs in (1, 2))
    if two != 2 * one:  # none at all where gradients come from elsewhere
        details = [f"loss.backward() was called {one} times with epochs=1, {two} times with epochs=2"]
        raise CheckFailure("train takes not twice as many steps in two epochs as in one", details)


@probe
def train_and_judge(student, images, labels, images_test, labels_test, settings):
    """What is predicted for test images, and what evaluate says of the same model on them."""
    device = images.device.type
    model = student.train(images.cpu(), labels.cpu(), device=device, **settings)
    loader = student.make_loader(images_test.cpu(), labels_test.cpu(), 8, False)
    accuracy = student.evaluate(model, loader, device=device)
    torch.set_grad_enabled(True)  # for the tests to come, whatever evaluate leaves
    return student.predict(model, images_test.cpu(), device=device).to(device), accuracy


@timeout(60)
@points("1.5", question="train")
def test_train_fits_the_other_parts(submission, draw):
    """Evaluating the trained model by a loader gives the accuracy of what is predicted."""
    images, labels = sparse_images(draw, 40), draw.labels(40, 10)
    labels_test = torch.where(torch.arange(40) % 3 == 0, (labels + 1) % 10, labels)
    settings = {"epochs": 30, "batch_size": 8, "seed": draw.seed()}
    predicted, accuracy = submission.run(train_and_judge, images, labels, images, labels_test, settings)
    assert_close(predicted, labels, rtol=0, atol=math.inf, label="predict(train(...), images)")  # form only
    share = (predicted == labels_test).double().mean().item()
    assert_loss(accuracy, share, "evaluate of the trained model, compared with predict")
    if len(predicted.unique()) < 2:
        raise CheckFailure(
            "after 30 epochs on 40 images with random labels, the same class is predicted for all of them"
        )


def trial_on(submission, dataset):
    """How one training is measured: rows in a new order, digits under new names, sorted by them."""
    data = load_images(dataset)

    def trial(draw):
        renaming = draw.renamed_labels(10)
        order = draw.permutation(len(data.train_labels))
        labels = renaming.renamed(data.train_labels[order])
        by_label = labels.argsort(stable=True)
        images, labels = data.train_images[order][by_label], labels[by_label]
        order = draw.permutation(len(data.test_labels))
        settings = {"epochs": EPOCHS[dataset], "batch_size": BATCH_SIZE, "seed": draw.seed()}
        predicted, losses = submission.run(train_and_predict, images, labels, data.test_images[order], settings)
        show_curve("Loss in training", losses, x="epoch", y="mean loss", parts=EPOCHS[dataset], for_students=True)
        assert_close(
            predicted, torch.zeros_like(order), atol=math.inf, label="predict(train(...), images)"
        )  # form only
        digits, truth = renaming.original(predicted), data.test_labels[order]
        show_confusion("Unseen digits", truth, digits, names=range(10), for_students=True)
        return (digits == truth).double().mean().item()

    return trial


@timeout(120)
@points(5, question="train")
def test_train_reaches_the_bar(submission, bars, dataset):
    """Trained three times, each time with digits under other names, the network reads digits that it has not seen."""
    hint = "shuffle: images may come sorted; Adam with its default learning rate is enough"
    trial = trial_on(submission, dataset)
    bars["accuracy"].judge(trial, what="accuracy on unseen digits", hint=hint)
