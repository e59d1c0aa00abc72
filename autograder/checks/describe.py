"""How numbers, places and tensors are shown in messages."""

from __future__ import annotations

import torch

from autograder.core.values import origin_of

_SMALL = 6  # entries that are shown in full


def dtype_name(dtype: torch.dtype) -> str:
    """``float64`` for ``torch.float64``."""
    return str(dtype).removeprefix("torch.")


def number(value: float | complex | int | bool) -> str:
    """A number with at most seven significant digits."""
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def pair(got: torch.Tensor, expected: torch.Tensor, place: tuple[int, ...]) -> tuple[str, str]:
    """The entries at ``place`` of both, with as many digits as it takes to tell them apart."""
    one, other = got[place].item(), expected[place].item()
    if isinstance(one, float) and isinstance(other, float):
        for digits in (7, 10, 13, 17):
            shown = f"{one:.{digits}g}", f"{other:.{digits}g}"
            if shown[0] != shown[1]:
                return shown
    return number(one), number(other)


def at_place(place: tuple[int, ...]) -> str:
    """``at [2, 0]``; nothing for a scalar."""
    return f" at [{', '.join(map(str, place))}]" if place else ""


def summary(x: torch.Tensor) -> str:
    """dtype and shape, and all entries of a small tensor."""
    text = f"{dtype_name(x.dtype)} {tuple(x.shape)}"
    if 0 < x.numel() <= _SMALL:
        text += f" = [{', '.join(number(value) for value in x.flatten().tolist())}]"
    return text


def label_of(value: object, label: str | None, default: str = "the result") -> str:
    """What is judged: as the test says, or the call that made the value."""
    if label is not None:
        return label
    origin = origin_of(value)
    return origin.call if origin is not None else default


def place_of_largest(x: torch.Tensor) -> tuple[int, ...]:
    """Index of the largest entry (NaN counts as largest)."""
    flat = torch.nan_to_num(x, nan=float("inf"), posinf=float("inf")).flatten()
    return tuple(int(i) for i in torch.unravel_index(flat.argmax(), x.shape)) if x.dim() else ()
