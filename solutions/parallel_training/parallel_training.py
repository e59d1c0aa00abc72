"""Feeding and scaling training: see handout.md."""

from __future__ import annotations

import os
import sys
import tempfile
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn
from torch.utils.data import Dataset

Loss = Callable[[Tensor, Tensor], Tensor]  # of outputs and targets: the mean over the batch, a scalar

# How processes start. "spawn" works everywhere and takes seconds. "fork" takes milliseconds, and works in a notebook,
# but not beside CUDA.
START_METHOD = "fork" if sys.platform == "linux" and not torch.cuda.is_available() else "spawn"


class LineDataset(Dataset):
    """The lines of a UTF-8 text file, as a map-style dataset.

    Args:
        path: of the file, which does not change. It is never in memory as a whole: only where lines begin is.

    `len(dataset)` is the number of lines. `dataset[i]` is line i as a str, without its line ending.
    Empty lines count; a last line without an ending counts; after the last ending there is no further line.
    Negative indices count from the end. Works in DataLoader's workers, forked or spawned: it can be pickled, and
    processes that read at the same time do not disturb each other.

    Raises:
        IndexError: i is not in -len..len - 1.
    """

    def __init__(self, path: str | Path):
        # BEGIN SOLUTION
        self._path = path
        self._starts = array("Q", [0])
        with open(path, "rb") as file:
            for line in file:
                self._starts.append(self._starts[-1] + len(line))
        # END SOLUTION

    def __len__(self) -> int:
        # BEGIN SOLUTION
        return len(self._starts) - 1
        # END SOLUTION

    def __getitem__(self, index: int) -> str:
        # BEGIN SOLUTION
        if not -len(self) <= index < len(self):
            raise IndexError(f"line {index} of {len(self)}")
        with open(self._path, "rb") as file:  # its own position, whoever else reads
            file.seek(self._starts[index % len(self)])
            line = file.readline()
        return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
        # END SOLUTION


def accumulate_gradients(model: nn.Module, loss_fn: Loss, x: Tensor, y: Tensor, micro_batches: int) -> float:
    """The gradient of the mean loss over a batch, computed in parts that fit into memory.

    Args:
        model: its parameters get the gradient in `.grad`; what stood there before is gone. They keep their values.
        loss_fn: `loss_fn(model(x), y)` is the mean over the rows that it is given.
        x: (N, ...), N >= 1.
        y: (N, ...).
        micro_batches: how many parts of about equal size; N need not be divisible by it, and may be smaller.

    Returns:
        The mean loss over the whole batch.
    """
    # BEGIN SOLUTION
    model.zero_grad()
    total = 0.0
    for inputs, targets in zip(x.chunk(micro_batches), y.chunk(micro_batches), strict=True):
        loss = loss_fn(model(inputs), targets) * (len(inputs) / len(x))
        loss.backward()
        total += loss.item()
    return total
    # END SOLUTION


def average_gradients(models: Sequence[nn.Module]) -> None:
    """Replace the gradients of replicas by their mean, in place.

    Args:
        models: replicas with the same parameters, in the same order. A parameter without a gradient in some of them
            counts as 0 there; one without a gradient in all of them keeps none.
    """
    # BEGIN SOLUTION
    with torch.no_grad():
        for replicas in zip(*(model.parameters() for model in models), strict=True):
            grads = [p.grad for p in replicas if p.grad is not None]
            if not grads:
                continue
            mean = torch.stack(grads).sum(dim=0) / len(replicas)
            for p in replicas:
                if p.grad is None:
                    p.grad = torch.zeros_like(p)
                p.grad.copy_(mean)
    # END SOLUTION


# BEGIN SOLUTION NO PROMPT
def _train_on_shard(
    rank: int,
    model: nn.Module,
    loss_fn: Loss,
    shards: Sequence[tuple[Tensor, Tensor]],
    steps: int,
    learning_rate: float,
) -> None:
    torch.set_num_threads(1)
    x, y = shards[rank]
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()


# END SOLUTION


def hogwild(
    model: nn.Module,
    loss_fn: Loss,
    shards: Sequence[tuple[Tensor, Tensor]],
    *,
    steps: int,
    learning_rate: float,
    processes: int,
) -> None:
    """Train one model by several processes at once, without locks.

    Each process takes `steps` steps of plain gradient descent on its own shard, the whole shard at each step, and
    changes the parameters that all share. Returns when all are done. What runs in a process is a function at the top
    of this file, with arguments that can be pickled, so that it can be spawned as well as forked.

    Args:
        model: on the CPU; its parameters are trained in place.
        shards: one (x, y) for each process.

    Raises:
        Exception: one of the processes raised; which class does not matter.
    """
    # BEGIN SOLUTION
    model.share_memory()
    arguments = (model, loss_fn, shards, steps, learning_rate)
    mp.start_processes(_train_on_shard, args=arguments, nprocs=processes, start_method=START_METHOD)
    # END SOLUTION


# BEGIN SOLUTION NO PROMPT
def _join_step(
    rank: int, world: int, store: str, model: nn.Module, loss_fn: Loss, x: Tensor, y: Tensor, results: list[Tensor]
) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=world)
    parameters = [p for p in model.parameters() if p.requires_grad]
    loss, used, *grads = [torch.zeros_like(result) for result in results]
    mine = slice(rank * len(x) // world, (rank + 1) * len(x) // world)
    if len(x[mine]):
        part = loss_fn(model(x[mine]), y[mine]) * (len(x[mine]) / len(x))
        loss.copy_(part.detach())
        found = torch.autograd.grad(part, parameters, allow_unused=True)
        for i in [i for i, grad in enumerate(found) if grad is not None]:
            used[i] = 1
            grads[i].copy_(found[i])
    for tensor, result in zip([loss, used, *grads], results, strict=True):
        dist.all_reduce(tensor)
        if rank == 0:
            result.copy_(tensor)
    dist.destroy_process_group()


# END SOLUTION


def data_parallel_step(
    model: nn.Module, loss_fn: Loss, x: Tensor, y: Tensor, optimizer: torch.optim.Optimizer, world: int
) -> float:
    """One step of training in which each of several processes computes the gradient of its share of the batch.

    The processes form one group of torch.distributed with the backend gloo, and average gradients by it. Model and
    optimizer end up as after `optimizer.zero_grad()`, `loss_fn(model(x), y).backward()` and `optimizer.step()` in one
    process, up to rounding.

    Args:
        model: on the CPU; trained in place.
        loss_fn: `loss_fn(model(x), y)` is the mean over the rows that it is given.
        x: (N, ...), N >= 1, not always divisible by world, and perhaps smaller.
        y: (N, ...).
        optimizer: of the model's parameters; it may have a state, such as momentum.
        world: the number of processes.

    Returns:
        The mean loss over the whole batch, before the step.
    """
    # BEGIN SOLUTION
    parameters = [p for p in model.parameters() if p.requires_grad]
    loss, used = torch.zeros((), dtype=torch.float64), torch.zeros(len(parameters))
    results = [loss, used, *(torch.zeros_like(p, requires_grad=False) for p in parameters)]
    for result in results:
        result.share_memory_()
    with tempfile.TemporaryDirectory() as folder:
        arguments = (world, os.path.join(folder, "store"), model, loss_fn, x, y, results)
        mp.start_processes(_join_step, args=arguments, nprocs=world, start_method=START_METHOD)
    for p, grad, was_used in zip(parameters, results[2:], used.tolist(), strict=True):
        p.grad = grad.clone() if was_used else None
    optimizer.step()
    return loss.item()
    # END SOLUTION
