"""Which kinds of values cross: dtypes and how they travel, devices, keys of dicts, types by which values are known."""

from __future__ import annotations

import re

import numpy as np
import torch

CPU = torch.device("cpu")

_NAMES = (
    *("bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"),
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
)
DTYPES: dict[str, torch.dtype] = {name: getattr(torch, name) for name in _NAMES}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}
# How a dtype that safetensors, or a plain copy, does not know travels: as another of the same size. A complex number
# travels as two, in one more dimension.
_CARRIED_AS = {
    torch.uint16: torch.int16,
    torch.uint32: torch.int32,
    torch.uint64: torch.int64,
    torch.complex64: torch.float32,
    torch.complex128: torch.float64,
}

ARRAY_DTYPES = frozenset(np.dtype(name) for name in DTYPES if name != "bfloat16")
SCALAR_TYPES = frozenset({dtype.type for dtype in ARRAY_DTYPES} | {np.longlong, np.ulonglong})
TENSOR_TYPES = (torch.Tensor, torch.nn.Parameter, getattr(torch.nn, "Buffer", torch.nn.Parameter))  # Buffer: torch 2.5
_RETURN_TYPES = frozenset(kind for kind in vars(torch.return_types).values() if type(kind) is type)
_KEY_TYPES = frozenset({type(None), bool, int, float, str, bytes, tuple, torch.dtype, torch.device} | SCALAR_TYPES)

INTEGER_BOUND = 2**64
_DEVICE = re.compile(r"(cpu|cuda|mps|xpu|meta)(:(0|[1-9][0-9]?))?")

# Read past whatever a class or its metaclass defines under these names.
_name_of = type.__dict__["__name__"].__get__
_bases_of = type.__dict__["__bases__"].__get__
_mro_of = type.__dict__["__mro__"].__get__
_namespace_of = type.__dict__["__dict__"].__get__


def carried(dtype: torch.dtype, shape: tuple[int, ...]) -> tuple[torch.dtype, tuple[int, ...]]:
    """The dtype and shape under which a tensor of these travels."""
    return _CARRIED_AS.get(dtype, dtype), (*shape, 2) if dtype.is_complex else shape


def is_device_name(text: str) -> bool:
    """Whether this names a device of a kind that crosses, in the spelling that torch prints."""
    return _DEVICE.fullmatch(text) is not None


def is_key_type(kind: type) -> bool:
    """Whether keys of this exact type cross. A tuple's items remain to be asked."""
    return type(kind) is type and kind in _KEY_TYPES


def is_scalar_type(kind: type) -> bool:
    """Whether this is the exact type of a NumPy scalar that crosses."""
    return type(kind) is type and kind in SCALAR_TYPES


def is_named_tuple(kind: type) -> bool:
    """Whether instances are tuples that only add names: namedtuple, torch.Size, torch.return_types."""
    if kind is torch.Size or (type(kind) is type and kind in _RETURN_TYPES):
        return True
    bases = _bases_of(kind)
    return len(bases) == 1 and bases[0] is tuple and type(_namespace_of(kind).get("_fields")) is tuple


def described(kind: type) -> str:
    """A type in words, without running any code of it."""
    name, parent = type_name(kind), _mro_of(kind)[1]
    if parent is object or kind is torch.Tensor:
        return f"a {name}"
    return f"a {name}, a subclass of {type_name(parent)}"


def type_name(kind: type) -> str:
    """The name of a type, cut short, without running any code of it."""
    return str.__getitem__(_name_of(kind), slice(60))
