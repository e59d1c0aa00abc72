"""Touching once, before all forks, what is imported or allocated on first use, so that they find it done."""

from __future__ import annotations

import gc
import importlib.util
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from autograder.core.execution import seed_all
from autograder.core.wire import decode, encode


def warm_up() -> None:
    """Trigger the lazy parts of torch, numpy and the wire, and what probes and submissions are likely to touch.

    Four seconds of computing if left to the forks. Starts no thread and never runs backward.
    """
    x = torch.arange(6, dtype=torch.float64).reshape(2, 3)
    decode(encode({"tensor": x @ x.T, "array": np.ones(2), "dtype": torch.float32}))
    torch.nn.functional.cross_entropy(x, torch.tensor([0, 1]))
    torch.testing.assert_close(x, x)
    str(x)
    seed_all(0, torch.device("cpu"))  # imports numpy.random
    with _Ignored():  # type: ignore[no-untyped-call]  # the first dispatch mode imports some 300 modules of torch
        torch.ones(1) + 1
    if importlib.util.find_spec("nbformat") is not None:
        import nbformat

        reads: Any = nbformat.reads  # nbformat has no types
        reads('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', as_version=4)


def settle() -> None:
    """Leave to the forks what they need not copy: nothing to collect, and what is here is never looked through."""
    gc.collect()
    gc.freeze()


class _Ignored(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))
