"""Switching automatic differentiation off, for assignments in which gradients are derived by hand.

Promises: a submission that calls backward, torch.autograd.grad or torch.func in the ordinary way gets an error that
says why. Does not promise more: code in the same process can find its way around, so points never rest on this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import torch
import torch.autograd.functional
import torch.func


class AutogradDisabledError(RuntimeError):
    """Automatic differentiation was asked for where it is off limits."""


_BANNED: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (torch.Tensor, ("backward",)),
    (torch.autograd, ("backward", "grad")),
    (torch.autograd.functional, ("jacobian", "hessian", "vjp", "jvp", "hvp", "vhp")),
    (torch.func, ("grad", "grad_and_value", "vjp", "jvp", "jacrev", "jacfwd", "hessian", "linearize")),
)


def disable_autograd() -> None:
    """Switch it off for the rest of the process (a worker, before it imports the submission)."""
    torch.set_grad_enabled(False)
    for owner, names in _BANNED:
        for name in names:
            if hasattr(owner, name):
                setattr(owner, name, _refusal(name))


@contextmanager
def autograd_disabled() -> Iterator[None]:
    """Switch it off while a student's own code runs in process."""
    before = [(owner, name, getattr(owner, name)) for owner, names in _BANNED for name in names if hasattr(owner, name)]
    grad_enabled = torch.is_grad_enabled()
    disable_autograd()
    try:
        yield
    finally:
        torch.set_grad_enabled(grad_enabled)
        for owner, name, original in before:
            setattr(owner, name, original)


def _refusal(name: str) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AutogradDisabledError(f"{name}: autograd is switched off in this assignment; derive the gradient by hand")

    return refuse
