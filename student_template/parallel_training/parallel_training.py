# release: parallel_training 1.0
"""Feeding and scaling training: see handout.md."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
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
        raise NotImplementedError("LineDataset.__init__")

    def __len__(self) -> int:
        raise NotImplementedError("LineDataset.__len__")

    def __getitem__(self, index: int) -> str:
        raise NotImplementedError("LineDataset.__getitem__")


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
    raise NotImplementedError("accumulate_gradients")


def average_gradients(models: Sequence[nn.Module]) -> None:
    """Replace the gradients of replicas by their mean, in place.

    Args:
        models: replicas with the same parameters, in the same order. A parameter without a gradient in some of them
            counts as 0 there; one without a gradient in all of them keeps none.
    """
    raise NotImplementedError("average_gradients")


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
    raise NotImplementedError("hogwild")


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
    raise NotImplementedError("data_parallel_step")
