"""How numbers, places, tensors and other plain values are shown in messages: briefly, whatever they are."""

from __future__ import annotations

from itertools import islice

import numpy as np
import torch

from autograder.core.values import origin_of

_SMALL = 6  # entries that are shown in full
_LONG = 200  # characters of a shown value
_name_of = type.__dict__["__name__"].__get__  # past whatever a metaclass defines under this name


def dtype_name(dtype: torch.dtype) -> str:
    """``float64`` for ``torch.float64``."""
    return str(dtype).removeprefix("torch.")


def number(value: float | complex | int | bool) -> str:
    """A number with at most seven significant digits; an int in full, unless it is enormous."""
    if type(value) is int and value.bit_length() > 256:
        return f"an int of {value.bit_length()} bits"
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


def not_dense(x: torch.Tensor) -> str | None:
    """What keeps a tensor from being judged entry by entry, in a word; None for an ordinary one."""
    if x.is_nested:
        return "nested"
    if x.layout is not torch.strided:
        return str(x.layout).removeprefix("torch.").lstrip("_")
    if x.is_quantized:
        return "quantized"
    return "meta" if x.is_meta else None


def summary(x: torch.Tensor) -> str:
    """dtype and shape, and all entries of a small tensor."""
    oddity = not_dense(x)
    if oddity is not None:
        return f"{dtype_name(x.dtype)}, {oddity}"
    text = f"{dtype_name(x.dtype)} {tuple(x.shape)}"
    if 0 < x.numel() <= _SMALL:
        text += f" = [{', '.join(number(value) for value in x.flatten().tolist())}]"
    return text


def kind(value: object) -> str:
    """What sort of value it is; runs no code of a class that is not known."""
    if type(value) is torch.Tensor:
        return f"a tensor ({summary(value)})"
    if type(value) is np.ndarray:
        return f"a NumPy array ({str(value.dtype)[:60]} {value.shape})"
    return "None (is a return missing?)" if value is None else str.__getitem__(_name_of(type(value)), slice(60))


def shown(value: object) -> str:
    """A plain value as text, shortened; of anything else only its kind."""
    text = kind(value) if value is None else _brief(value, depth=2)
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


def _brief(value: object, depth: int) -> str:
    if type(value) is str or type(value) is bytes:
        return repr(value[: _LONG + 1])
    if type(value) is int:
        return number(value)
    if value is None or type(value) in (bool, float, complex, torch.dtype, torch.device):
        return repr(value)
    if type(value) is dict:
        if not depth:
            return f"a dict of {len(value)}"
        few = [f"{_brief(key, 0)}: {_brief(item, depth - 1)}" for key, item in islice(value.items(), _SMALL)]
        return f"{{{', '.join(few)}{', …' if len(value) > _SMALL else ''}}}"
    if type(value) is list or type(value) is tuple:
        opening, closing = "[]" if type(value) is list else "()"
        if not depth and value:
            return f"a {type(value).__name__} of {len(value)}"
        few = [_brief(item, depth - 1) for item in value[:_SMALL]]
        end = ", …" if len(value) > _SMALL else "," if closing == ")" and len(value) == 1 else ""
        return f"{opening}{', '.join(few)}{end}{closing}"
    return kind(value)


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
