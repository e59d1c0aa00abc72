"""Public tests of mlp_mnist: run `pytest`, or `pytest -k adam` for one question.

What is expected is a closed form in float64 that stands in the test, or what torch.optim makes of the same gradients. A
network's parameters are set to drawn values before it is asked; their shapes tell which is which.
"""

import math

import numpy as np
import torch

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


@points(3, question="to_inputs")
def test_to_inputs_values(submission, draw):
    """Each image becomes a row of 784 numbers, the rows of the image one after the other, each rescaled."""
    images = drawn_images(draw, 3)
    images[1].view(-1)[:256] = torch.arange(256)  # every value there is
    hint = "divide by 255 first; then subtract 0.1307, then divide by 0.3081"
    assert_close(submission.call("to_inputs", images), prepared(images).float(), hint=hint)


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


@points(3, question="mlp")
def test_mlp_logits(submission, draw):
    """Linear, ReLU, linear, of the sizes that were asked for; the result is logits, not probabilities."""
    sizes = (20, 7, 5)
    values, x = draw.normal(count_of(sizes), scale=0.5).float(), draw.normal(6, 20).float()
    shapes, logits = submission.run(logits_of, settings_of(sizes), values, [x], False)
    params = network(shapes, values, sizes)
    hint = "two linear layers with a ReLU between them; softmax belongs to the loss"
    assert_close(logits[0], expected_logits(params, x).float(), label="MLP(20, 7, 5)(x)", hint=hint, **FLOAT32)


@points(2, question="mlp")
def test_mlp_shapes_of_input(submission, draw):
    """With default sizes it takes rows of 784, images of 28 x 28, and images with one channel."""
    sizes = (784, 128, 10)
    values, x = draw.normal(count_of(sizes), scale=0.05).float(), draw.normal(4, 784).float()
    batches = [x, x.reshape(4, 28, 28), x.reshape(4, 1, 28, 28)]
    shapes, logits = submission.run(logits_of, {}, values, batches, False)
    params = network(shapes, values, sizes)
    for batch, result in zip(batches, logits, strict=True):
        hint = "flatten all dimensions but the first"
        assert_close(
            result, expected_logits(params, x).float(), label=f"MLP()(x {tuple(batch.shape)})", hint=hint, **FLOAT32
        )


@points(2, question="mlp")
def test_mlp_dropout_in_training_only(submission, draw):
    """In evaluation mode nothing is dropped, in training mode two passes over the same batch differ."""
    sizes = (20, 30, 5)
    values, x = draw.normal(count_of(sizes), scale=0.5).float(), draw.normal(30, 20).float()
    _, (plain,) = submission.run(logits_of, settings_of(sizes, dropout=0.0), values, [x], False)
    _, logits = submission.run(logits_of, settings_of(sizes, dropout=0.5), values, [x, x], False)
    assert_close(plain, torch.zeros(30, 5), rtol=0, atol=math.inf, label="MLP(20, 30, 5)(x)")  # form only
    for result in logits:
        hint = "nn.Dropout follows model.eval() by itself; F.dropout has to be told: training=self.training"
        label = "logits in evaluation mode with dropout=0.5, compared with dropout=0"
        assert_close(result, plain, label=label, hint=hint, **FLOAT32)
    _, logits = submission.run(logits_of, settings_of(sizes, dropout=0.5), values, [x, x], True)
    for result in logits:
        assert_close(
            result, plain, rtol=0, atol=math.inf, label="logits in training mode with dropout=0.5"
        )  # form only
    if torch.equal(*logits) or torch.equal(plain, plain[:1].expand(30, 5)):
        raise CheckFailure("MLP(..., dropout=0.5) in training mode gives the same logits twice: nothing is dropped")


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


@points(3, question="make_loader")
def test_make_loader_in_order(submission, draw):
    """Without shuffling: prepared images and their labels in the given order, the last batch short."""
    images, labels = drawn_images(draw, 13), draw.permutation(13)
    is_loader, (batches,) = submission.run(epochs_of, images, labels, 5, False, 0, 1)
    assert_sizes(batches, [5, 5, 3])
    for (x, y), rows in zip(batches, (slice(0, 5), slice(5, 10), slice(10, 13)), strict=True):
        assert_close(y, labels[rows], label="labels of a batch")
        assert_close(x, prepared(images[rows]).float(), label="inputs of a batch", hint="as to_inputs makes them")
    if not is_loader:
        raise CheckFailure("make_loader does not return a torch.utils.data.DataLoader")


@points(2, question="make_loader")
def test_make_loader_shuffles(submission, draw):
    """Shuffled, each sample comes once an epoch, in another order, and every image keeps its own label."""
    images, labels = numbered(draw, 23)
    _, (batches,) = submission.run(epochs_of, images, labels, 5, True, draw.seed(), 1)
    assert_sizes(batches, [5, 5, 5, 5, 3])
    order = torch.cat([y for _, y in batches])
    assert_close(order.sort().values, torch.arange(23), label="labels of an epoch, sorted", hint="every sample once")
    if torch.equal(order, labels):
        raise CheckFailure("make_loader(..., shuffle=True) yields the samples in the given order")
    assert_pairs(batches, images, labels)


@points(2, question="make_loader")
def test_make_loader_seed(submission, draw):
    """The same seed gives the same order, another seed another one."""
    images, labels = numbered(draw, 23)
    seed = draw.seed()
    orders = []
    for each in (seed, seed, seed + 1):
        _, (batches,) = submission.run(epochs_of, images, labels, 6, True, each, 1)
        orders.append(torch.cat([y for _, y in batches]))
    first, again, other = orders
    assert_close(again, first, label="labels of an epoch, the same seed again")
    if torch.equal(other, first):
        raise CheckFailure("make_loader(..., shuffle=True) yields the same order for two seeds")
    if torch.equal(first, labels):
        raise CheckFailure("make_loader(..., shuffle=True) yields the samples in the given order")


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
def test_adam_first_step(submission, draw):
    """The first step has length lr in every entry, whatever the size of its gradient."""
    start, grad = [draw.normal(3, 4)], draw.away_from_kinks(3, 4) * 10.0 ** draw.integers(3, 4, low=-2, high=3)
    start[0][:, ::2] = 0  # nothing there hides a step that is right to some digits only
    (path,) = submission.run(adam_path, start, [[grad]], {})
    hint = "both running means start at 0 and are divided by 1 - beta**t; t is 1 in the first step"
    assert_close(path[0], start[0] - 1e-3 * grad / (grad.abs() + 1e-8), label="the parameter after a step", hint=hint)


@points(3, question="adam")
def test_adam_follows_torch(submission, draw):
    """Ten steps on parameters of several shapes, step for step as torch.optim.Adam takes them."""
    shapes = [(3, 4), (5,), (2, 3, 2)]
    start = [draw.normal(*shape) for shape in shapes]
    steps = [[draw.normal(*shape) for shape in shapes] for _ in range(10)]
    settings = {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-3}
    path = submission.run(adam_path, start, steps, settings)
    hint = "eps is added to the root, after the bias correction; the square is that of the gradient, entry by entry"
    assert_follows(path, torchs_path(start, steps, settings), hint=hint)


@points(2, question="adam")
def test_adam_skips_missing_gradients(submission, draw):
    """A parameter whose gradient is None stays where it is, and the others move as they do without it."""
    start = [draw.normal(3), draw.normal(2, 2), draw.normal(4)]
    steps = [[draw.normal(3), None, draw.normal(4)] for _ in range(3)]
    path = submission.run(adam_path, start, steps, {"lr": 0.1})
    others = submission.run(adam_path, start[::2], [step[::2] for step in steps], {"lr": 0.1})
    for number, (params, wanted) in enumerate(zip(path, others, strict=True), start=1):
        assert_close(params[1], start[1], rtol=0, atol=0, label=f"parameter without a gradient after step {number}")
        assert_close(params[::2], wanted, label=f"the other parameters after step {number}")
    assert_moved(others[-1], start[::2])


@probe
def adam_forgets(student, start, grads):
    params = [torch.nn.Parameter(value.clone()) for value in start]
    optimizer = student.Adam(params, lr=0.1)
    for param, grad in zip(params, grads, strict=True):
        param.grad = None if grad is None else grad.clone()
    optimizer.step()
    optimizer.zero_grad()
    return params, [param.grad for param in params]


@points(1, question="adam")
def test_adam_zero_grad(submission, draw):
    """Afterwards every gradient is None or zeros; one that is missing does not matter."""
    start, grads = [draw.normal(3), draw.normal(2, 2), draw.normal(2)], [draw.away_from_kinks(3), None]
    grads.append(draw.away_from_kinks(2))
    params, after = submission.run(adam_forgets, start, grads)
    assert_moved(params[::2], start[::2])
    for i, grad in enumerate(after):
        if grad is not None:
            assert_close(grad, torch.zeros_like(start[i]), label=f"gradient {i} after zero_grad")


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


@points("2.5", question="train_one_epoch")
def test_train_one_epoch_loss(submission, draw):
    """The mean of the cross entropy over all samples, a Python float; a short batch counts by its samples."""
    task = linear_task(draw)
    (loss,), _, _ = submission.run(epochs_of_linear, *task, 5, 0.0, 1)
    hint = "sum loss.item() * (size of the batch), divide by the number of samples; cross_entropy takes logits"
    (expected,), _, _ = epochs_by_hand(*task, 5, 0.0, 1)
    assert_loss(loss, expected, "loss of an epoch with learning rate 0", hint)


@points(3, question="train_one_epoch")
def test_train_one_epoch_steps(submission, draw):
    """One step of the optimizer for each batch, along the gradient of that batch alone."""
    task = linear_task(draw)
    _, weight, bias = submission.run(epochs_of_linear, *task, 5, 0.5, 1)
    _, wanted_weight, wanted_bias = epochs_by_hand(*task, 5, 0.5, 1)
    hint = "for each batch: zero_grad, forward, loss, backward, step"
    assert_close(weight, wanted_weight.float(), label="weight after an epoch", hint=hint, **FLOAT32)
    assert_close(bias, wanted_bias.float(), label="bias after an epoch", hint=hint, **FLOAT32)


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


@points(2, question="evaluate")
def test_evaluate_accuracy(submission, draw):
    """The fraction of samples that are right, a Python float; a short batch counts by its samples."""
    right = [True] * 5 + [False] * 6 + [True] * 2
    (accuracy,), *_ = submission.run(accuracies_of, ["plain"], *scored(draw, right), 5, False)
    hint = "count the right ones and the samples, divide at the end: a mean of batch accuracies is another number"
    assert_loss(accuracy, 7 / 13, "accuracy of 7 right ones among 13", hint)


@points("1.5", question="evaluate")
def test_evaluate_in_evaluation_mode(submission, draw):
    """A model that was in training mode is judged in evaluation mode."""
    scores = scored(draw, [True, False, True, True, False, True, True])
    accuracies, *_ = submission.run(accuracies_of, ["moody", "plain", "opposite"], *scores, 3, True)
    label = "of a model that says the opposite in training mode, compared with one that does not"
    assert_like_plain(accuracies, label, "call model.eval() first")


@probe
def predictions_of_linear(student, weight, bias, images):
    model = torch.nn.Linear(784, 10).to(images.device)
    with torch.no_grad():
        model.weight.copy_(weight)
        model.bias.copy_(bias)
    predicted = student.predict(model, images.cpu(), device=images.device.type)
    return predicted.device.type, predicted.to(images.device)


def unambiguous(draw, weight, bias, count):
    """Images whose largest logit is the largest by far enough for float32."""
    images = drawn_images(draw, count + 20)
    best = (prepared(images) @ weight.double().T + bias.double()).topk(2).values
    return images[best[:, 0] - best[:, 1] > 0.01][:count]


@points(2, question="predict")
def test_predict_labels(submission, draw):
    """The class with the largest logit for each image, int64 on the CPU."""
    weight, bias = draw.normal(10, 784).float(), draw.normal(10).float()
    images = unambiguous(draw, weight, bias, 50)
    device, predicted = submission.run(predictions_of_linear, weight, bias, images)
    expected = (prepared(images) @ weight.double().T + bias.double()).argmax(dim=1)
    hint = "predict takes images as train does, uint8, so they need to_inputs; a class for each row"
    assert_close(predicted, expected, label="predict(model, images)", hint=hint)
    assert_close(device, "cpu", label="device of what predict returns")


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


@points(1, question="predict")
def test_predict_in_evaluation_mode(submission, draw):
    """A model that was in training mode predicts as it does in evaluation mode."""
    weight, images, labels = blocks(draw, 20)
    for training in (True, False):
        _, (predicted,) = submission.run(predictions_of_moody, weight, [20], images, training)
        assert_close(predicted, labels, label="predict(model, images)", hint="call model.eval() first")


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


@points("2.5", question="checkpoint")
def test_checkpoint_round_trip(submission, draw):
    """A network of any sizes comes back from the file alone, wherever it lies, with the same parameters."""
    sizes = (20, 7, 5)
    values, x = draw.normal(count_of(sizes), scale=0.5).float(), draw.normal(6, 20).float()
    *before, data = submission.run(saved, settings_of(sizes), values, x)
    assert_came_back(before, submission.run(loaded, data, x), values)


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


def sparse_images(draw, count):
    """Images of some large squares of random grey on black."""
    grey = draw.integers(count, 7, 7, high=256) * (draw.uniform(count, 7, 7) < 0.25)
    return grey.to(torch.uint8).repeat_interleave(4, dim=1).repeat_interleave(4, dim=2)


@timeout(60)
@points(2, question="train")
def test_train_overfits_32_images(submission, draw):
    """In 40 epochs the network learns 32 images with random labels by heart."""
    images, labels = sparse_images(draw, 32), draw.labels(32, 10)
    settings = {"epochs": 40, "batch_size": 8, "seed": draw.seed()}
    predicted, losses = submission.run(train_and_predict, images, labels, images, settings)
    show_curve("Loss in training", losses, x="epoch", y="mean loss", parts=40)
    assert_close(predicted, labels, rtol=0, atol=math.inf, label="predict(train(...), images)")  # form only
    right = int((predicted == labels).sum())
    if right < 31:
        raise CheckFailure(
            f"after 40 epochs on 32 images, {right} of them are classified as their labels say; 31 are expected",
            hint="who can't learn 32 images by heart does not learn: look at the learning rate, at zero_grad and step, "
            "and whether images and labels are shuffled together",
        )


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
def test_train_same_seed_same_weights(submission, draw):
    """Whatever was drawn before: the same seed gives the same weights, another seed others."""
    images, labels = sparse_images(draw, 20), draw.labels(20, 10)
    seed = draw.seed()
    runs = [{"epochs": 2, "batch_size": 8, "seed": each} for each in (seed, seed, seed + 1)]
    first, again, other = submission.run(trained_params, images, labels, runs)
    assert_close(len(first) > 0, True, label="whether the trained model has parameters")
    tolerance = {"rtol": 0, "atol": 0} if submission.device.type == "cpu" else FLOAT32
    for i, (one, two) in enumerate(zip(first, again, strict=True)):
        assert_close(
            two, one, label=f"parameter {i}, the same seed again", hint="seed before the model is made", **tolerance
        )
    if all(torch.equal(one, two) for one, two in zip(first, other, strict=True)):
        raise CheckFailure("train ends with the same weights for two seeds")


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
        show_curve("Loss in training", losses, x="epoch", y="mean loss", parts=EPOCHS[dataset])
        assert_close(
            predicted, torch.zeros_like(order), atol=math.inf, label="predict(train(...), images)"
        )  # form only
        digits, truth = renaming.original(predicted), data.test_labels[order]
        show_confusion("Unseen digits", truth, digits, names=range(10))
        return (digits == truth).double().mean().item()

    return trial


@timeout(120)
@points(3, question="train")
def test_train_once_reaches_the_bar(submission, bars, dataset):
    """Trained on digits under new names, sorted by them, the network reads digits that it has not seen."""
    hint = "shuffle: images may come sorted; Adam with its default learning rate is enough"
    trial = trial_on(submission, dataset)
    bars["accuracy"].judge(trial, what="accuracy on unseen digits", trials=1, hint=hint)
