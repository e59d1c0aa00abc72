"""Hidden tests of parallel_training: odd files, spawned workers, memory, missing gradients, what processes do.

Expected values come from formulas in one process. Who computed what is noted by a loss that all processes share.
"""

import math

import torch
from torch.nn.functional import cross_entropy, mse_loss, poisson_nll_loss

from autograder import CheckFailure, assert_close, points, probe
from autograder.errors import InfrastructureError

WORDS = ("step", "by", "step", "all", "workers", "read", "their", "own", "part", "of", "it")


def anywhere(result):
    """The same values without a note of where they were: for what need not be on the device of the run."""
    return result.clone() if isinstance(result, torch.Tensor) else result


def everywhere(results):
    return [anywhere(result) for result in results]


# ---------------------------------------------------------------------------------------------------------------------
# Lines of a file
# ---------------------------------------------------------------------------------------------------------------------


def some_lines(draw, count, alphabet=WORDS, most=12):
    """Different texts of different lengths, none empty."""
    lengths = draw.integers(count, low=1, high=most).tolist()
    return [
        " ".join([str(number), *(alphabet[i] for i in draw.integers(length, high=len(alphabet)).tolist())])
        for number, length in enumerate(lengths)
    ]


@probe
def lines(student, data, indices):
    import os
    import tempfile

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = os.path.join(folder, "lines.txt")
        with open(path, "wb") as file:
            file.write(data)
        dataset = student.LineDataset(path)
        return len(dataset), [dataset[index] for index in indices]


def bare(sample):
    """A sample without its line ending, whether or not it has one: only one test judges that."""
    return sample.removesuffix("\n").removesuffix("\r") if isinstance(sample, str) else sample


def judge_lines(submission, expected, indices, data=None, hint=None):
    """Some lines of a file, in any order, and how many there are."""
    data = "".join(f"{line}\n" for line in expected).encode() if data is None else data
    size, samples = submission.run(lines, data, indices)
    assert_close(size, len(expected), label=f"len(dataset) of a file of {len(expected)} lines", hint=hint)
    assert_close(len(samples), len(indices), label="number of samples")
    for index, sample in zip(indices, samples, strict=True):
        assert_close(bare(sample), expected[index], label=f"dataset[{index}] of {len(expected)} lines", hint=hint)


@points(2, question="line_dataset")
def test_lines_empty_and_last(submission, draw):
    """Empty lines are samples, a last line needs no ending, and an empty file has no lines."""
    one, other, last = some_lines(draw, 3)
    for expected, ending in (([one, "", "", other, last], ""), (["", one, ""], "\n"), ([last], ""), ([""], "\n")):
        data = ("\n".join(expected) + ending).encode()
        hint = "an ending ends a line: none follows the last one, and an empty line has nothing but its ending"
        judge_lines(submission, expected, list(range(len(expected))), data, hint)
    judge_lines(submission, [], [], b"", "a file of no bytes has no lines")


@points(1, question="line_dataset")
def test_lines_without_their_endings(submission, draw):
    """A sample is the line without its ending."""
    expected = some_lines(draw, 6)
    _, samples = submission.run(lines, "".join(f"{line}\n" for line in expected).encode(), [0, 3, 5])
    assert_close(samples, [expected[0], expected[3], expected[5]], label="some lines")


@points(2, question="line_dataset")
def test_lines_keep_what_is_in_them(submission, draw):
    """Spaces and tabs at either end stay, and nothing but a line ending ends a line."""
    one, other = some_lines(draw, 2)
    expected = [
        f"  {one} ",
        f"\t{other}\t",
        " ",
        f"{one}\u2028{other}",
        f"{other}\x0b{one}\x0c{other}",
        f"{one}\x85\xa0",
    ]
    hint = "str.splitlines ends lines at many characters, and str.strip takes all space away"
    judge_lines(submission, expected, draw.permutation(6).tolist(), hint=hint)


@probe
def lines_in_workers(student, data, order, method, slow):
    import multiprocessing
    import os
    import sys
    import tempfile
    import time
    import warnings

    from torch.utils.data import DataLoader

    def dawdle(worker):
        """After each seek let others run, so that whoever shares a position with them reads where they sought."""

        def profile(frame, event, what):
            if event == "c_return" and getattr(what, "__name__", "") in ("seek", "lseek"):
                time.sleep(0.0005)

        sys.setprofile(profile)

    if method not in multiprocessing.get_all_start_methods():
        method = "spawn"  # Windows has nothing else
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of two workers on one core
        path = os.path.join(folder, "lines.txt")
        with open(path, "wb") as file:
            file.write(data)
        sys.path.insert(0, os.path.dirname(os.path.abspath(student.__file__)))  # spawned workers import it
        try:
            dataset = student.LineDataset(path)
            first = dataset[0]
            loader = DataLoader(
                dataset,
                batch_size=5,
                sampler=order,
                num_workers=2,
                collate_fn=list,
                multiprocessing_context=method,
                worker_init_fn=dawdle if slow and method == "fork" else None,
            )
            return [first, *(sample for batch in loader for sample in batch)]
        finally:
            del sys.path[0]


def judge_workers(submission, draw, count, method, hint):
    """All lines of a file that is longer than any buffer, by two workers."""
    expected = [f"{line} {'-' * 700}" for line in some_lines(draw, count)]
    order = draw.permutation(count).tolist()
    data = "".join(f"{line}\n" for line in expected).encode()
    samples = submission.run(lines_in_workers, data, order, method, True)
    assert_close(len(samples), count + 1, label="number of samples")
    for index, sample in zip([0, *order], samples, strict=True):
        assert_close(bare(sample), expected[index], label=f"line {index}, read by one of two workers", hint=hint)


@points(3, question="line_dataset")
def test_lines_in_spawned_workers(submission, draw):
    """Two spawned workers read all lines: the dataset can be pickled, also when a line was read before."""
    hint = "an open file can't be pickled: open it in each process, or leave it out in __getstate__"
    judge_workers(submission, draw, 40, "spawn", hint)


@probe
def lines_of_a_large_file(student, count, width, indices):
    import os
    import tempfile
    import tracemalloc

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = os.path.join(folder, "lines.txt")
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            for number in range(count):
                file.write(f"{number:{width - 1}}\n")
        tracemalloc.start()
        try:
            dataset = student.LineDataset(path)
            samples = [int(dataset[index]) for index in indices]
            return len(dataset), samples, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@points(3, question="line_dataset")
def test_lines_of_a_large_file(submission, draw):
    """A file of eight megabytes is read line by line: at no time is a quarter of it in memory."""
    count, width = 4000, 2000
    indices = draw.permutation(count)[:20].tolist()
    size, samples, peak = submission.run(lines_of_a_large_file, count, width, indices)
    assert_close(size, count, label="len(dataset)")
    assert_close(samples, indices, label="the numbers that stand in some lines")
    if type(peak) is not int or not 0 <= peak < count * width / 4:
        details = [
            f"got      {peak} bytes of memory at most",
            f"expected less than {count * width // 4}, a quarter of it",
        ]
        hint = (
            "go through the file once, line by line, and keep positions; read(), readlines() and linecache keep it all"
        )
        raise CheckFailure(f"a file of {count * width} bytes was in memory", details, hint=hint)


# ---------------------------------------------------------------------------------------------------------------------
# Gradients in parts
# ---------------------------------------------------------------------------------------------------------------------


def some_weights(draw, features, outputs, hidden=5, dtype=torch.float64):
    """Of a network with one hidden layer of tanh, as its state dict."""
    return {
        "0.weight": draw.normal(hidden, features, dtype=dtype),
        "0.bias": draw.normal(hidden, dtype=dtype),
        "2.weight": draw.normal(outputs, hidden, dtype=dtype),
        "2.bias": draw.normal(outputs, dtype=dtype),
    }


def network(weights, x):
    return torch.tanh(x @ weights["0.weight"].T + weights["0.bias"]) @ weights["2.weight"].T + weights["2.bias"]


def loss_and_gradients(weights, x, y, loss=mse_loss):
    """Of the whole batch at once, in one process."""
    leaves = {name: value.clone().requires_grad_() for name, value in weights.items()}
    value = loss(network(leaves, x), y)
    return value.item(), list(torch.autograd.grad(value, list(leaves.values())))


@probe
def accumulated_in_parts(student, weights, x, y, micro_batches, old_grad, loss_name):
    rows = []

    class Counting(torch.nn.Sequential):
        def forward(self, inputs):
            rows.append(len(inputs))
            return super().forward(inputs)

    hidden, features = weights["0.weight"].shape
    net = Counting(
        torch.nn.Linear(features, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, len(weights["2.bias"]))
    ).to(x)
    net.load_state_dict(weights)
    if old_grad is not None:
        for p in net.parameters():
            p.grad = torch.full_like(p, old_grad)
    loss = student.accumulate_gradients(net, getattr(torch.nn.functional, loss_name), x, y, micro_batches)
    return loss, [p.grad for p in net.parameters()], rows


def judge_gradients(gradients, expected, hint=None):
    names = ("the weight of layer 1", "the bias of layer 1", "the weight of layer 2", "the bias of layer 2")
    assert_close(len(gradients), len(expected), label="number of gradients")
    for name, gradient, wanted in zip(names, gradients, expected, strict=True):
        assert_close(gradient, wanted, label=f"gradient of {name}", hint=hint)


@points(3, question="accumulate_gradients")
def test_accumulate_forgets_old_gradients(submission, draw):
    """What stood in .grad before does not count, large or small."""
    for old in (3.0, -0.1):
        weights, x, y = some_weights(draw, 3, 2), draw.normal(7, 3), draw.normal(7, 2)
        _, gradients, _ = submission.run(accumulated_in_parts, weights, x, y, 3, old, "mse_loss")
        judge_gradients(gradients, loss_and_gradients(weights, x, y)[1], "zero_grad() first: backward adds to .grad")


@points(2, question="accumulate_gradients")
def test_accumulate_in_parts(submission, draw):
    """The model sees each row once, and never many at a time: that is what parts are for."""
    weights, x, y = some_weights(draw, 3, 2), draw.normal(12, 3), draw.normal(12, 2)
    _, gradients, rows = submission.run(accumulated_in_parts, weights, x, y, 4, None, "mse_loss")
    judge_gradients(gradients, loss_and_gradients(weights, x, y)[1])
    if type(rows) is not list or not all(type(n) is int for n in rows) or sum(rows) != 12 or max(rows) > 3:
        details = [f"got      parts of {rows} rows", "expected parts of 3 rows, each row once"]
        raise CheckFailure("12 rows did not go through the model in 4 parts", details)


@points(1, question="accumulate_gradients")
def test_accumulate_more_parts_than_rows(submission, draw):
    """Three rows in five parts, one row in two, and one part are no special cases."""
    for rows, parts in ((3, 5), (1, 2), (4, 1)):
        weights, x, y = some_weights(draw, 3, 2), draw.normal(rows, 3), draw.normal(rows, 2)
        loss, gradients, _ = submission.run(accumulated_in_parts, weights, x, y, parts, None, "mse_loss")
        value, expected = loss_and_gradients(weights, x, y)
        judge_gradients(gradients, expected, "the mean over no rows is NaN: leave out parts without rows")
        assert_close(loss, value, label=f"loss of {rows} rows in {parts} parts")


@points(3, question="accumulate_gradients")
def test_accumulate_other_losses_and_types(submission, draw):
    """Cross entropy with integer labels, inputs with gaps in memory, and float32 that stays float32."""
    weights, labels = some_weights(draw, 3, 4, dtype=torch.float32), draw.labels(11, 4)
    x = draw.normal(11, 3, dtype=torch.float32, contiguous=False)
    loss, gradients, _ = submission.run(accumulated_in_parts, weights, x, labels, 4, None, "cross_entropy")
    exact = {name: value.double() for name, value in weights.items()}
    value, expected = loss_and_gradients(exact, x.double(), labels, cross_entropy)
    judge_gradients(gradients, [gradient.float() for gradient in expected])
    assert_close(loss, value, rtol=1e-5, atol=1e-6, label="loss of 11 rows in 4 parts")


# ---------------------------------------------------------------------------------------------------------------------
# Averaging gradients
# ---------------------------------------------------------------------------------------------------------------------


@probe
def averaged(student, weights, gradients):
    models = []
    for value, mine in zip(weights, gradients, strict=True):
        model = torch.nn.Linear(3, 2).to(value["weight"])
        model.load_state_dict(value)
        model.weight.grad, model.bias.grad = (None if grad is None else grad.clone() for grad in mine)
        models.append(model)
    student.average_gradients(models)
    return [[m.weight.grad, m.bias.grad] for m in models]


def replicas(draw, count, dtype=torch.float64):
    weights = [{"weight": draw.normal(2, 3, dtype=dtype), "bias": draw.normal(2, dtype=dtype)} for _ in range(count)]
    return weights, [[draw.normal(2, 3, dtype=dtype), draw.normal(2, dtype=dtype)] for _ in range(count)]


def judge_averages(results, expected, hint=None):
    for number, grads in enumerate(results):
        assert_close(len(grads), 2, label="gradients of a replica")
        for name, grad, wanted in zip(("weight", "bias"), grads, expected, strict=True):
            assert_close(grad, wanted, label=f"gradient of the {name} of replica {number}", hint=hint)


def mean_over_replicas(gradients):
    return [sum(mine[i] for mine in gradients) / len(gradients) for i in range(2)]


@points(2, question="average_gradients")
def test_average_with_some_missing(submission, draw):
    """A replica without a gradient gets the mean as well, be it over all replicas (its own is 0) or over the others."""
    weights, gradients = replicas(draw, 4)
    for number, parameter in ((int(draw.integers(1, high=4)), 0), (0, 1), (2, 1)):
        gradients[number][parameter] = None
    results = submission.run(averaged, weights, gradients)
    assert_close(len(results), 4, label="number of replicas")
    expected = [mean_with_missing([mine[i] for mine in gradients], results[0][i]) for i in range(2)]
    hint = "the sum is divided by the number of replicas; a replica whose .grad is None gets one"
    judge_averages(results, expected, hint)


def mean_with_missing(gradients, result):
    """The sum of those that are there, divided by the number of all or of these: whichever is meant by a result."""
    there = [gradient for gradient in gradients if gradient is not None]
    over_all, over_these = sum(there) / len(gradients), sum(there) / len(there)
    if not isinstance(result, torch.Tensor) or result.shape != over_all.shape:
        return over_all
    distances = [(anywhere(result) - mean).norm() for mean in (over_all, over_these)]
    return over_these if distances[1] < distances[0] else over_all


@points(1, question="average_gradients")
def test_average_with_all_missing(submission, draw):
    """A parameter that has no gradient anywhere, such as a frozen one, gets none, or zeros; the others their mean."""
    weights, gradients = replicas(draw, 3)
    results = submission.run(averaged, weights, [[None, bias] for _, bias in gradients])
    expected = sum(bias for _, bias in gradients) / 3
    assert_close(len(results), 3, label="number of replicas")
    for number, (weight, bias) in enumerate(results):
        assert_close(bias, expected, label=f"gradient of the bias of replica {number}")
        if weight is not None:
            assert_close(weight, torch.zeros(2, 3, dtype=torch.float64), label=f"gradient of the weight of {number}")


@probe
def averaged_and_changed(student, weights, gradients):
    models = []
    for value, mine in zip(weights, gradients, strict=True):
        model = torch.nn.Linear(3, 2).to(value["weight"])
        model.load_state_dict(value)
        model.weight.grad, model.bias.grad = (grad.clone() for grad in mine)
        models.append(model)
    student.average_gradients(models)
    models[0].weight.grad.cos_()
    models[0].bias.grad.sin_()
    return [[m.weight.grad, m.bias.grad] for m in models[1:]]


@points(2, question="average_gradients")
def test_average_leaves_replicas_apart(submission, draw):
    """Each replica has a gradient of its own: changing it afterwards, as clipping does, changes no other replica's."""
    weights, gradients = replicas(draw, 3)
    results = submission.run(averaged_and_changed, weights, gradients)
    hint = "p.grad = mean gives all replicas one and the same tensor; copy the values"
    judge_averages(results, mean_over_replicas(gradients), hint)


@probe
def averaged_networks(student, gradients, frozen):
    models = []
    for mine in gradients:
        model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1, bias=False)).to(mine[0])
        model[0].weight.grad, model[0].bias.grad, model[1].weight.grad = mine[0].t(), mine[1][::2], mine[2].clone()
        models.append(model)
    student.average_gradients(models)
    return [[p.grad for p in m.parameters()] for m in models]


@points(2, question="average_gradients")
def test_average_of_networks(submission, draw):
    """Five replicas with several layers, with gradients that have gaps in memory or are transposed."""
    gradients = [[draw.normal(2, 3), draw.normal(6), draw.normal(1, 3)] for _ in range(5)]
    results = submission.run(averaged_networks, gradients, False, changes=("gradients",))
    expected = [sum(mine[0].t() for mine in gradients) / 5, sum(mine[1][::2] for mine in gradients) / 5]
    expected.append(sum(mine[2] for mine in gradients) / 5)
    assert_close(len(results), 5, label="number of replicas")
    for number, grads in enumerate(results):
        assert_close(grads, expected, label=f"gradients of replica {number}")


# ---------------------------------------------------------------------------------------------------------------------
# HOGWILD
# ---------------------------------------------------------------------------------------------------------------------


@probe
def trained_with_witness(student, weight, shards, steps, learning_rate, meet, pause):
    import multiprocessing
    import os
    import sys
    import tempfile
    import time

    from autograder.core.witness import Witness

    model = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False).to(weight.cpu())
    with torch.no_grad():
        model.weight.copy_(weight)
    shards = [(x.cpu(), y.cpu()) for x, y in shards]
    sys.path.insert(0, os.path.dirname(os.path.abspath(student.__file__)))  # spawned processes import it
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            loss = Witness(torch.nn.functional.mse_loss, folder, meet=meet, patience=10.0, pause=pause)
            student.hogwild(model, loss, shards, steps=steps, learning_rate=learning_rate, processes=len(shards))
            weights, calls = [model.weight.detach().clone()], len(loss.notes())
            time.sleep(40 * pause + 0.02)
            weights.append(model.weight.detach().clone())
            later, left = len(loss.notes()) - calls, len(multiprocessing.active_children())
            return weights, len({note.pid for note in loss.notes()}), loss.met(), later, left
    finally:
        del sys.path[0]


def rotated_rows(draw):
    """Four rows of two features that say the same about every direction: x.T @ x / 4 is the identity."""
    angle = float(draw.uniform(1, high=6.28))
    turn = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], dtype=torch.float64)
    return torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]], dtype=torch.float64) @ turn


def judge_convex(weight, start, target, what, hint):
    """The error, by the formula of the problem, is at most a tenth of what it was.

    A step at rate 0.1 takes a fifth of the error away; half of the steps would do to take away nine tenths.
    """
    assert_close(tuple(weight.shape), tuple(target.shape), label="shape of the weight")
    error, before = (weight - target).norm().item(), (start - target).norm().item()
    if not error <= before / 10:
        details = [f"got      a distance of {error:.3g} from the solution", f"expected {before / 10:.3g} or less"]
        raise CheckFailure(f"{what} is not trained", details, hint=hint)


@points(4, question="hogwild")
def test_hogwild_shares_one_model(submission, draw):
    """Two shards that say the same: each process goes on from where the other one has brought the model."""
    target = draw.away_from_kinks(1, 2, gap=0.5)
    start = torch.zeros(1, 2, dtype=torch.float64)
    shards = [(x, x @ target.T) for x in (rotated_rows(draw), rotated_rows(draw))]
    weights, *_ = submission.run(trained_with_witness, start, shards, 30, 0.1, 1, 0.0)
    hint = "copies that are trained apart and added up go too far; there is one model, in shared memory"
    judge_convex(anywhere(weights[0]), start, target, "the model", hint)


@points(3, question="hogwild")
def test_hogwild_processes_run_together(submission, draw):
    """As many processes as asked for are under way at the same time, on the model that the caller gets."""
    rows, target = [rotated_rows(draw) for _ in range(3)], draw.away_from_kinks(1, 2, gap=0.5)
    start = torch.zeros(1, 2, dtype=torch.float64)
    shards = [(x, x @ target.T) for x in rows]
    weights, processes, met, _, _ = submission.run(trained_with_witness, start, shards, 20, 0.1, 3, 0.0)
    judge_convex(anywhere(weights[0]), start, target, "the model", None)
    hint = "start all processes, then wait for all: join() right after start() runs them one after the other"
    assert_close(processes, 3, label="number of processes that computed the loss", hint=hint)
    assert_close(met, True, label="whether all three processes were under way at the same time", hint=hint)


@points(2, question="hogwild")
def test_hogwild_returns_when_all_are_done(submission, draw):
    """However long some steps take, all of them are done when hogwild returns, and no process is left."""
    inputs, target = [rotated_rows(draw) for _ in range(3)], draw.away_from_kinks(1, 2, gap=0.5)
    inputs[1] = inputs[1].repeat(4, 1)  # a loss that takes four times as long
    start = torch.zeros(1, 2, dtype=torch.float64)
    shards = [(x, x @ target.T) for x in inputs]
    weights, _, _, later, left = submission.run(trained_with_witness, start, shards, 30, 0.1, 1, 0.002)
    hint = "join() all processes before you return"
    judge_convex(anywhere(weights[0]), start, target, "the model", hint)
    cause = "a process still runs"
    assert_close(anywhere(weights[1]), anywhere(weights[0]), label="the model a little later", cause=cause, hint=hint)
    assert_close([later, left], [0, 0], label="steps after the return, and processes that are left", hint=hint)


@probe
def trained_by_a_lopsided_loss(student, weight, x, y, learning_rate):
    import os
    import sys

    model = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False).to(weight.cpu())
    with torch.no_grad():
        model.weight.copy_(weight)
    sys.path.insert(0, os.path.dirname(os.path.abspath(student.__file__)))  # spawned processes import it
    try:
        loss, shards = torch.nn.functional.poisson_nll_loss, [(x.cpu(), y.cpu())]
        student.hogwild(model, loss, shards, steps=1, learning_rate=learning_rate, processes=1)
    finally:
        del sys.path[0]
    return model.weight.detach()


@points(1, question="hogwild")
def test_hogwild_uses_the_loss_that_it_gets(submission, draw):
    """The loss is the caller's, of outputs and targets in this order: for Poisson's it matters which is which."""
    weight, x, y = draw.normal(2, 3), draw.normal(4, 3), draw.uniform(4, 2, low=1.0, high=3.0)
    trained = submission.run(trained_by_a_lopsided_loss, weight, x, y, 0.1)
    expected = weight - 0.1 * ((x @ weight.T).exp() - y).T @ x / y.numel()
    assert_close(anywhere(trained), expected, label="weight after one step", hint="loss_fn(model(x), y), and no other")


# ---------------------------------------------------------------------------------------------------------------------
# A data-parallel step
# ---------------------------------------------------------------------------------------------------------------------


@probe
def loopback(student):
    import socket

    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()
        return True
    except OSError:
        return False


def run_group(submission, what, *args):
    """Run a probe that needs gloo; where a sandbox offers no network to talk by, that is not the submission's fault."""
    try:
        return submission.run(what, *args)
    except Exception:
        if submission.run(loopback) is False:
            reason = "the sandbox has no loopback interface, which gloo needs: namespaces are not active here"
            raise InfrastructureError(f"{reason} (see `autograder doctor`)") from None
        raise


@probe
def stepped(student, weights, x, y, world, learning_rate, momentum, decay, steps, old_grad, loss_name="mse_loss"):
    import os
    import sys

    hidden, features = weights["0.weight"].shape
    net = torch.nn.Sequential(
        torch.nn.Linear(features, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, len(weights["2.bias"]))
    ).to(x.cpu())
    net.load_state_dict(weights)
    if old_grad:
        for p in net.parameters():
            p.grad = torch.full_like(p, 3.0)
    optimizer = torch.optim.SGD(net.parameters(), lr=learning_rate, momentum=momentum, weight_decay=decay)
    sys.path.insert(0, os.path.dirname(os.path.abspath(student.__file__)))  # spawned processes import it
    try:
        losses = [
            student.data_parallel_step(net, getattr(torch.nn.functional, loss_name), x.cpu(), y.cpu(), optimizer, world)
            for _ in range(steps)
        ]
    finally:
        del sys.path[0]
    return losses, [p.detach() for p in net.parameters()]


def descent(weights, x, y, learning_rate, momentum=0.0, decay=0.0, steps=1, loss_of=mse_loss):
    """Losses and parameters of plain steps in one process."""
    values, speeds, losses = dict(weights), dict.fromkeys(weights, 0.0), []
    for _ in range(steps):
        loss, gradients = loss_and_gradients(values, x, y, loss_of)
        losses.append(loss)
        for name, gradient in zip(weights, gradients, strict=True):
            speeds[name] = momentum * speeds[name] + gradient + decay * values[name]
            values[name] = values[name] - learning_rate * speeds[name]
    return losses, values


def judge_step(parameters, expected, what, hint=None):
    assert_close(len(parameters), len(expected), label="number of parameters")
    for (name, wanted), value in zip(expected.items(), everywhere(parameters), strict=True):
        assert_close(value, wanted, label=f"{name} after {what}", hint=hint)


@points(4, question="data_parallel_step")
def test_step_after_step_with_momentum(submission, draw):
    """Two steps with momentum and weight decay: the caller's optimizer remembers the first one in the second."""
    weights, x, y = some_weights(draw, 3, 2), draw.normal(5, 3), draw.normal(5, 2)
    losses, parameters = run_group(submission, stepped, weights, x, y, 2, 0.2, 0.9, 0.1, 2, False)
    wanted, values = descent(weights, x, y, 0.2, 0.9, 0.1, 2)
    hint = "the step is the caller's optimizer's: a new optimizer, or one in another process, forgets its momentum"
    judge_step(parameters, values, "two steps with momentum 0.9", hint)
    assert_close(losses, wanted, label="losses of two steps")


@points(2, question="data_parallel_step")
def test_step_of_one_process(submission, draw):
    """A world of one is a world, also for a loss in which outputs and targets must not be exchanged."""
    weights, x, y = some_weights(draw, 3, 2), draw.normal(4, 3), draw.uniform(4, 2, low=1.0, high=3.0)
    sent = weights, x, y, 1, 0.3, 0.0, 0.0, 1, False, "poisson_nll_loss"
    losses, parameters = run_group(submission, stepped, *sent)
    wanted, values = descent(weights, x, y, 0.3, loss_of=poisson_nll_loss)
    judge_step(parameters, values, "a step of one process", "loss_fn(model(x), y), and no other")
    assert_close(losses, wanted, label="the loss, in a list")


@points(2, question="data_parallel_step")
def test_step_of_fewer_rows_than_processes(submission, draw):
    """Two rows in three processes: one has nothing to do, and still takes part."""
    weights, x, y = some_weights(draw, 3, 2), draw.normal(2, 3), draw.normal(2, 2)
    losses, parameters = run_group(submission, stepped, weights, x, y, 3, 0.3, 0.0, 0.0, 1, False)
    wanted, values = descent(weights, x, y, 0.3)
    hint = "the mean over no rows is NaN; a process without rows adds zeros, for all_reduce waits for everyone"
    judge_step(parameters, values, "a step of three processes on 2 rows", hint)
    assert_close(losses, wanted, label="the loss, in a list", hint=hint)


@points(2, question="data_parallel_step")
def test_step_forgets_old_gradients(submission, draw):
    """Gradients that stood there before the step have no part in it; float32 stays float32."""
    weights = some_weights(draw, 3, 2, dtype=torch.float32)
    x, y = draw.normal(6, 3, dtype=torch.float32), draw.normal(6, 2, dtype=torch.float32)
    _, parameters = run_group(submission, stepped, weights, x, y, 2, 0.3, 0.0, 0.0, 1, True)
    exact = {name: value.double() for name, value in weights.items()}
    _, values = descent(exact, x.double(), y.double(), 0.3)
    judge_step(parameters, {name: value.float() for name, value in values.items()}, "a step with old gradients")


@probe
def stepped_with_witness(student, weights, x, y, world):
    import os
    import sys
    import tempfile

    from autograder.core.witness import Witness

    hidden, features = weights["0.weight"].shape
    net = torch.nn.Sequential(
        torch.nn.Linear(features, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, len(weights["2.bias"]))
    ).to(x.cpu())
    net.load_state_dict(weights)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.3)
    sys.path.insert(0, os.path.dirname(os.path.abspath(student.__file__)))  # spawned processes import it
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            loss = Witness(torch.nn.functional.mse_loss, folder)
            student.data_parallel_step(net, loss, x.cpu(), y.cpu(), optimizer, world)
            sharing = len({note.pid for note in loss.notes() if note.rows < len(y)})
            return [p.detach() for p in net.parameters()], sharing, loss.groups()
    finally:
        del sys.path[0]


@points(3, question="data_parallel_step")
def test_step_is_shared_by_a_gloo_group(submission, draw):
    """As many processes as asked for compute a part of the loss each, in one group with the backend gloo."""
    weights, x, y = some_weights(draw, 3, 2), draw.normal(6, 3), draw.normal(6, 2)
    parameters, sharing, groups = run_group(submission, stepped_with_witness, weights, x, y, 3)
    judge_step(parameters, descent(weights, x, y, 0.3)[1], "a step of three processes")
    assert_close(sharing, 3, label="number of processes that computed the loss of a part of the rows")
    if type(groups) is not list or "gloo 3" not in groups:
        details = [f"got      {sorted(set(map(str, groups)))}", "expected gloo 3"]
        raise CheckFailure("the processes were in no gloo group of three", details, hint="dist.init_process_group")
