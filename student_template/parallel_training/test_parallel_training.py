"""Public tests of parallel_training: run `pytest`, or `pytest -k lines` for one question.

What several processes compute together is compared with what one process computes by a formula. Models and batches of
`hogwild` and `data_parallel_step` are on the CPU.
"""

import math

import torch
from torch.nn.functional import mse_loss

from autograder import CheckFailure, assert_close, points, probe
from autograder.errors import InfrastructureError

WORDS = ("the", "loss", "falls", "and", "rises", "again", "while", "gradients", "meet", "in", "between")


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


@points(3, question="line_dataset")
def test_lines_in_any_order(submission, draw):
    """Each index gives its own line, in whatever order they are asked for, and as often as one likes."""
    expected = some_lines(draw, 23)
    order = [*draw.permutation(23).tolist(), 22, 0, 0, 22]
    judge_lines(submission, expected, order, hint="keep where each line begins; seek there, then read one line")


@points(2, question="line_dataset")
def test_lines_of_any_alphabet(submission, draw):
    """UTF-8 takes one to four bytes for a character: lines begin at bytes, and are read as text."""
    expected = some_lines(draw, 15, alphabet=("naïve", "Ελλάδα", "日本語", "🙂", "plain", "Übermaß", "привет"))
    judge_lines(submission, expected, draw.permutation(15).tolist(), hint="count bytes, not characters; then decode")


@probe
def lines_and_errors(student, data, good, bad):
    import os
    import tempfile

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = os.path.join(folder, "lines.txt")
        with open(path, "wb") as file:
            file.write(data)
        dataset = student.LineDataset(path)
        samples, refused = [dataset[index] for index in good], []
        for index in bad:
            try:
                dataset[index]
                refused.append("nothing")
            except Exception as error:
                refused.append("IndexError" if isinstance(error, IndexError) else type(error).__name__)
        return samples, refused


@points(3, question="line_dataset")
def test_lines_from_the_end_and_beyond(submission, draw):
    """Negative indices count from the end; beyond either end there is an IndexError."""
    expected = some_lines(draw, 9)
    data = "".join(f"{line}\n" for line in expected).encode()
    good, bad = [-1, -9, -4, 8], [9, -10, 10, 1000, -1000]
    samples, refused = submission.run(lines_and_errors, data, good, bad)
    assert_close(len(samples), len(good), label="number of samples")
    for index, sample in zip(good, samples, strict=True):
        assert_close(
            bare(sample), expected[index], label=f"dataset[{index}] of 9 lines", hint="dataset[-1] is the last"
        )
    for index, error in zip(bad, refused, strict=True):
        assert_close(error, "IndexError", label=f"what dataset[{index}] of 9 lines raises")


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
def test_lines_in_forked_workers(submission, draw):
    """Two forked workers of a DataLoader read all lines, also when a line was read before."""
    hint = "forked workers share the position of a file that was open before: open it in each process, or for each line"
    judge_workers(submission, draw, 200, "fork", hint)


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
def accumulated(student, weights, x, y, micro_batches):
    hidden, features = weights["0.weight"].shape
    net = torch.nn.Sequential(
        torch.nn.Linear(features, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, len(weights["2.bias"]))
    ).to(x)
    net.load_state_dict(weights)
    loss = student.accumulate_gradients(net, torch.nn.functional.mse_loss, x, y, micro_batches)
    return loss, [p.grad for p in net.parameters()], list(net.state_dict().values())


def judge_gradients(gradients, expected, hint=None):
    names = ("the weight of layer 1", "the bias of layer 1", "the weight of layer 2", "the bias of layer 2")
    assert_close(len(gradients), len(expected), label="number of gradients")
    for name, gradient, wanted in zip(names, gradients, expected, strict=True):
        assert_close(gradient, wanted, label=f"gradient of {name}", hint=hint)


@points(3, question="accumulate_gradients")
def test_accumulate_equal_parts(submission, draw):
    """Four parts of two rows give the gradient of all eight rows, and the parameters keep their values."""
    for rows, parts in ((8, 4), (9, 3)):
        weights, x, y = some_weights(draw, 3, 2), draw.normal(rows, 3), draw.normal(rows, 2)
        _, gradients, after = submission.run(accumulated, weights, x, y, parts)
        hint = f"backward adds to .grad; a part counts by its share of the rows, here 1/{parts}"
        judge_gradients(gradients, loss_and_gradients(weights, x, y)[1], hint)
        assert_close(len(after), len(weights), label="number of parameters")
        for name, value in zip(weights, after, strict=True):
            assert_close(value, weights[name], label=f"{name} afterwards", hint="no step is wanted, only gradients")


@points(4, question="accumulate_gradients")
def test_accumulate_unequal_parts(submission, draw):
    """Parts of different sizes count by their numbers of rows: ten rows in four parts, seven in three."""
    for rows, parts in ((10, 4), (7, 3)):
        weights, x, y = some_weights(draw, 3, 2), draw.normal(rows, 3), draw.normal(rows, 2)
        _, gradients, _ = submission.run(accumulated, weights, x, y, parts)
        hint = f"{rows} rows in {parts} parts: the loss of a part of n rows counts n/{rows}, and no row is left out"
        judge_gradients(gradients, loss_and_gradients(weights, x, y)[1], hint)


@points(2, question="accumulate_gradients")
def test_accumulate_returns_the_loss(submission, draw):
    """The mean loss over the whole batch is returned, as a Python float."""
    for rows, parts in ((8, 2), (5, 2), (4, 1)):
        weights, x, y = some_weights(draw, 3, 2), draw.normal(rows, 3), draw.normal(rows, 2)
        loss, _, _ = submission.run(accumulated, weights, x, y, parts)
        hint = "the mean over rows, not over parts, nor the loss of the last one"
        assert_close(
            loss, loss_and_gradients(weights, x, y)[0], label=f"loss of {rows} rows in {parts} parts", hint=hint
        )


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
    return [[m.weight.grad, m.bias.grad] for m in models], [[m.weight.detach(), m.bias.detach()] for m in models]


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


@points(4, question="average_gradients")
def test_average_of_three(submission, draw):
    """Every replica ends up with the mean of all gradients, parameter by parameter."""
    weights, gradients = replicas(draw, 3)
    results, _ = submission.run(averaged, weights, gradients)
    assert_close(len(results), 3, label="number of replicas")
    hint = "compute the mean of a parameter before any replica's gradient is changed"
    judge_averages(results, mean_over_replicas(gradients), hint)


@points(2, question="average_gradients")
def test_average_leaves_parameters(submission, draw):
    """Only gradients change: parameters keep their values, in float32 too."""
    weights, gradients = replicas(draw, 2, torch.float32)
    results, after = submission.run(averaged, weights, gradients)
    judge_averages(results, mean_over_replicas(gradients))
    for number, (values, old) in enumerate(zip(after, weights, strict=True)):
        for name, value in zip(("weight", "bias"), values, strict=True):
            assert_close(value, old[name], label=f"{name} of replica {number} afterwards", hint="average p.grad, not p")


@points(1, question="average_gradients")
def test_average_of_one_and_of_two(submission, draw):
    """One replica keeps its gradients; two get what lies halfway between theirs."""
    for count in (1, 2):
        weights, gradients = replicas(draw, count)
        results, _ = submission.run(averaged, weights, gradients)
        assert_close(len(results), count, label="number of replicas")
        judge_averages(results, mean_over_replicas(gradients))


# ---------------------------------------------------------------------------------------------------------------------
# HOGWILD
# ---------------------------------------------------------------------------------------------------------------------


@probe
def trained_without_locks(student, weight, bias, shards, steps, learning_rate, meet):
    import os
    import sys
    import tempfile

    from autograder.core.witness import Witness

    model = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None).to(weight.cpu())
    with torch.no_grad():
        model.weight.copy_(weight)
        if bias is not None:
            model.bias.copy_(bias)
    held = list(model.parameters())
    shards = [(x.cpu(), y.cpu()) for x, y in shards]
    sys.path.insert(0, os.path.dirname(os.path.abspath(student.__file__)))  # spawned processes import it
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            loss = torch.nn.functional.mse_loss
            student.hogwild(
                model,
                Witness(loss, folder, meet=len(shards), patience=3.0) if meet else loss,
                shards,
                steps=steps,
                learning_rate=learning_rate,
                processes=len(shards),
            )
    finally:
        del sys.path[0]
    return [p.detach() for p in model.parameters()], [p.detach() for p in held]


def descended(weight, bias, x, y, steps, learning_rate):
    """Gradient descent on the mean squared error of a linear layer, by its formula."""
    for _ in range(steps):
        off = 2 * (x @ weight.T + bias - y) / y.numel()
        weight, bias = weight - learning_rate * off.T @ x, bias - learning_rate * off.sum(dim=0)
    return weight, bias


@points(4, question="hogwild")
def test_hogwild_of_one_process(submission, draw):
    """One process is plain gradient descent: as many steps, on the caller's parameters."""
    weight, bias, x, y = draw.normal(2, 3), draw.normal(2), draw.normal(1, 3), draw.normal(1, 2)
    results = submission.run(trained_without_locks, weight, bias, [(x, y)], 4, 0.1, False)
    expected = descended(weight, bias, x, y, 4, 0.1)
    for got, whose in zip(results, ("the model's", "the same"), strict=True):
        for name, value, wanted in zip(("weight", "bias"), everywhere(got), expected, strict=True):
            hint = "4 steps of p <- p - lr * grad on parameters in shared memory"
            assert_close(value, wanted, label=f"{whose} {name} after 4 steps of one process", hint=hint)


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


@points(5, question="hogwild")
def test_hogwild_trains_on_every_shard(submission, draw):
    """Two shards that are about different features: the one model learns all of them."""
    rows, nothing = [rotated_rows(draw), rotated_rows(draw)], torch.zeros(4, 2, dtype=torch.float64)
    target = draw.away_from_kinks(1, 4, gap=0.5)
    inputs = [torch.cat([rows[0], nothing], dim=1), torch.cat([nothing, rows[1]], dim=1)]
    start = torch.zeros(1, 4, dtype=torch.float64)
    shards = [(x, x @ target.T) for x in inputs]
    _, (weight,) = submission.run(trained_without_locks, start, None, shards, 30, 0.1, True)
    weight = anywhere(weight)
    hint = "every process trains the same parameters, in shared memory, on its own shard"
    for number in range(2):
        mine = slice(2 * number, 2 * number + 2)
        judge_convex(weight[:, mine], start[:, mine], target[:, mine], f"what shard {number} is about", hint)


@points(3, question="hogwild")
def test_hogwild_raises_what_a_process_raises(submission, draw):
    """An exception in one of the processes is raised by hogwild, and none where all goes well."""
    weight, x = draw.normal(1, 3), draw.normal(4, 3)
    good, bad = (x, x @ draw.normal(3, 1)), (draw.normal(4, 5), draw.normal(4, 1))
    _, (trained,) = submission.run(trained_without_locks, weight, None, [good, good], 2, 0.1, False)
    if torch.equal(anywhere(trained), weight):
        raise CheckFailure("hogwild on two good shards left the model as it was")
    because = "the model takes 3 features and one of the shards has 5, so one of the processes fails"
    for shards in ([good, bad], [bad, good]):
        submission.raises(Exception, trained_without_locks, weight, None, shards, 2, 0.1, False, because=because)


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
def stepped(student, weights, x, y, world, learning_rate, momentum, decay, steps, old_grad):
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
            student.data_parallel_step(net, torch.nn.functional.mse_loss, x.cpu(), y.cpu(), optimizer, world)
            for _ in range(steps)
        ]
    finally:
        del sys.path[0]
    return losses, [p.detach() for p in net.parameters()]


def descent(weights, x, y, learning_rate, momentum=0.0, decay=0.0, steps=1):
    """Losses and parameters of plain steps in one process."""
    values, speeds, losses = dict(weights), dict.fromkeys(weights, 0.0), []
    for _ in range(steps):
        loss, gradients = loss_and_gradients(values, x, y)
        losses.append(loss)
        for name, gradient in zip(weights, gradients, strict=True):
            speeds[name] = momentum * speeds[name] + gradient + decay * values[name]
            values[name] = values[name] - learning_rate * speeds[name]
    return losses, values


def judge_step(parameters, expected, what, hint=None):
    assert_close(len(parameters), len(expected), label="number of parameters")
    for (name, wanted), value in zip(expected.items(), everywhere(parameters), strict=True):
        assert_close(value, wanted, label=f"{name} after {what}", hint=hint)


@points(5, question="data_parallel_step")
def test_step_of_two_processes(submission, draw):
    """Two processes with half of the batch each take the step that one process would take."""
    weights, x, y = some_weights(draw, 3, 2), draw.normal(6, 3), draw.normal(6, 2)
    _, parameters = run_group(submission, stepped, weights, x, y, 2, 0.3, 0.0, 0.0, 1, False)
    hint = "average the gradients by all_reduce; the caller's model and optimizer take the step, once"
    judge_step(parameters, descent(weights, x, y, 0.3)[1], "a step of two processes", hint)


@points(2, question="data_parallel_step")
def test_step_returns_the_loss(submission, draw):
    """What is returned is the mean loss over the whole batch before the step, as a Python float."""
    weights, x, y = some_weights(draw, 3, 2), draw.normal(5, 3), draw.normal(5, 2)
    losses, _ = run_group(submission, stepped, weights, x, y, 2, 0.3, 0.0, 0.0, 1, False)
    hint = "not the loss of one process, and not the mean of losses of unequal shares"
    assert_close(
        losses, descent(weights, x, y, 0.3)[0], label="the loss of 5 rows and two processes, in a list", hint=hint
    )


@points(4, question="data_parallel_step")
def test_step_of_unequal_shares(submission, draw):
    """Seven rows in three processes: each row counts the same, whoever has it."""
    weights, x, y = some_weights(draw, 3, 2), draw.normal(7, 3), draw.normal(7, 2)
    _, parameters = run_group(submission, stepped, weights, x, y, 3, 0.3, 0.0, 0.0, 1, False)
    hint = "a share of n of the N rows counts n/N; with equal weights the rows of the smaller share count more"
    judge_step(parameters, descent(weights, x, y, 0.3)[1], "a step of three processes on 7 rows", hint)
