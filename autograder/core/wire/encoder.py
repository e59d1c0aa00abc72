"""Values to a frame. Values may be of any type, and hostile: none of their own code runs."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import torch

from autograder.core.wire.frame import DEFAULT_LIMITS, WireLimits, join_frame
from autograder.core.wire.head import write_head
from autograder.core.wire.kinds import (
    ARRAY_DTYPES,
    CPU,
    DTYPE_NAMES,
    INTEGER_BOUND,
    TENSOR_TYPES,
    described,
    is_device_name,
    is_key_type,
    is_named_tuple,
    is_scalar_type,
)
from autograder.core.wire.layout import SIZE_BOUND, check_backed, claimed_bytes, narrowed, storage_elements
from autograder.core.wire.payload import Block, array_block, tensor_block, write_payload
from autograder.errors import NotPlainError

_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")  # JSON would join the two


def encode(message: Mapping[str, Any], limits: WireLimits = DEFAULT_LIMITS) -> bytes:
    """A message (text keys, plain values) as one frame. Tensors are copied once, into the frame.

    Raises:
        NotPlainError: a value is of a type that does not cross, or too large; the text names its place.
    """
    if len(message) > limits.keys:
        raise NotPlainError(f"a message of more than {limits.keys} keys")
    encoder = _Encoder(limits)
    head = write_head({_message_key(key): encoder.value(value, key, 0) for key, value in message.items()}).encode()
    payload = write_payload(encoder.blocks) if encoder.blocks else []
    payload_bytes = sum(map(len, payload))
    if len(head) > limits.head_bytes or payload_bytes > limits.payload_bytes:
        raise NotPlainError(f"it is too large ({len(head)} + {payload_bytes} bytes)")
    return join_frame(head, payload, payload_bytes)


@dataclass
class _Encoder:
    limits: WireLimits
    blocks: dict[str, Block] = field(default_factory=dict)
    nodes: int = 0
    claimed_bytes: int = 0
    rebuilt_bytes: int = 0

    def value(self, value: Any, place: str, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            raise NotPlainError(f"{place}: too many values (more than {self.limits.nodes})")
        kind = type(value)  # exact types: a subclass may behave like anything
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if abs(value) <= INTEGER_BOUND else _refuse(place, "an int beyond 64 bits")
        if kind is str:
            return value if value.isascii() or not _SURROGATE_PAIR.search(value) else ["u", _surrogates_as_hex(value)]
        if kind is float:
            return ["f", float.__repr__(value)]
        if any(kind is known for known in TENSOR_TYPES):
            return self.tensor(value, place)
        if kind is np.ndarray:
            return self.array("n", value, place)
        if issubclass(kind, (tuple, list, dict)):
            return self.container(value, place, depth)
        return self.rare(value, place)

    def container(self, value: Any, place: str, depth: int) -> list[Any]:
        if depth >= self.limits.depth:
            raise NotPlainError(f"{place}: nested deeper than {self.limits.depth} levels")
        kind = type(value)
        if kind is dict or kind is OrderedDict:
            return self.pairs(value, place, depth)
        if kind is list or kind is tuple or is_named_tuple(kind):
            tag = "l" if kind is list else "t"
            iterator = list.__iter__(value) if kind is list else tuple.__iter__(value)
            return [tag, *(self.value(item, f"{place}[{i}]", depth + 1) for i, item in enumerate(iterator))]
        _refuse(place, described(kind))

    def pairs(self, value: dict[Any, Any], place: str, depth: int) -> list[Any]:
        if dict.__len__(value) > self.limits.keys:
            raise NotPlainError(f"{place}: a dict of more than {self.limits.keys} keys")
        found: list[Any] = ["d"]
        for key, item in type(value).items(value):  # an OrderedDict knows another order than the dict that it is
            found.append(self.value(key, f"a key of {place}", depth + 1))
            _check_key(key, place)
            found.append(self.value(item, f"{place}[{_shown(key)}]", depth + 1))
        return found

    def rare(self, value: Any, place: str) -> Any:
        kind = type(value)
        if kind is bytes:
            return ["b", value.hex()]
        if kind is torch.dtype:
            return ["dtype", DTYPE_NAMES.get(value) or _refuse(place, f"the dtype {value}")]
        if kind is torch.device:
            return ["device", _device_name(value, place)]
        if is_scalar_type(kind):
            return self.array("s", np.asarray(value), place)
        hint = "; return a plain tensor" if issubclass(kind, torch.Tensor) else ""
        _refuse(place, described(kind) + hint)

    def tensor(self, value: torch.Tensor, place: str) -> list[Any]:
        value = torch.Tensor.detach(value)  # plain, whatever attributes the original was given
        oddity = _oddity(value)
        if oddity is not None:
            _refuse(place, f"a {oddity} tensor, so not dense")
        name = DTYPE_NAMES.get(value.dtype) or _refuse(place, f"a tensor of dtype {value.dtype}")
        if value.dim() > self.limits.rank:
            _refuse(place, f"a tensor with {value.dim()} dimensions")
        device = "" if value.device.type == "cpu" else _device_name(value.device, place)
        try:
            self.claim(tuple(value.shape), value.element_size(), place)
            strides = self.strides(value)
            key = self.store(value if strides is None else narrowed(value))
        except RuntimeError as error:  # a failed accelerator, no memory, a tensor that lives inside vmap only
            text = str(error).partition("\n")[0][:200]
            raise NotPlainError(f"{place} is a tensor whose values can't be read: {text}") from None
        return ["x", key, name, list(value.shape), strides, device]

    def strides(self, value: torch.Tensor) -> list[int] | None:
        """Its strides where they are special and can be rebuilt within the limits; None: it arrives contiguous."""
        if value.is_contiguous() or value.numel() == 0:
            return None
        strides = value.stride()
        span = storage_elements(tuple(value.shape), strides)
        if span is None or max(strides) >= SIZE_BOUND:
            return None
        rebuilt = self.rebuilt_bytes + span * value.element_size()
        if rebuilt > self.limits.payload_bytes:
            return None
        self.rebuilt_bytes = rebuilt
        return list(strides)

    def store(self, value: torch.Tensor) -> str:
        check_backed(value)
        return self.keep(tensor_block(value.resolve_conj().resolve_neg().to(CPU).contiguous()))

    def array(self, tag: str, value: np.ndarray[Any, Any], place: str) -> list[Any]:
        native = value.dtype.newbyteorder("=")
        if native not in ARRAY_DTYPES or value.ndim > self.limits.rank:
            _refuse(place, f"an array of dtype {value.dtype} and {value.ndim} dimensions")
        self.claim(value.shape, value.itemsize, place)
        key = self.keep(array_block(value.astype(native, order="C", copy=False)))
        return [tag, key, native.name, list(value.shape)]

    def claim(self, shape: tuple[int, ...], itemsize: int, place: str) -> None:
        """Count a tensor of this shape, before it is copied."""
        self.claimed_bytes += claimed_bytes(shape, itemsize)
        if self.claimed_bytes > self.limits.payload_bytes:
            raise NotPlainError(f"{place}: too large (with it, more than {self.limits.payload_bytes} bytes of tensors)")
        if len(self.blocks) >= self.limits.tensors:
            raise NotPlainError(f"{place}: more than {self.limits.tensors} tensors")

    def keep(self, block: Block) -> str:
        key = str(len(self.blocks))
        self.blocks[key] = block
        return key


def _refuse(place: str, what: str) -> NoReturn:
    raise NotPlainError(
        f"{place} is {what}; only None, bool, int, float, str, bytes, list, tuple, dict, dtype, device, NumPy arrays "
        "and dense tensors can be handed over"
    )


def _message_key(key: Any) -> str:
    if type(key) is not str or _SURROGATE_PAIR.search(key):
        raise NotPlainError("the keys of a message are texts")
    return key


def _check_key(key: Any, place: str) -> None:
    """Refuse a key of a dict whose type is no good as one; its depth is known to be bounded."""
    kind = type(key)
    if issubclass(kind, tuple):
        for item in tuple.__iter__(key):
            _check_key(item, place)
    elif not is_key_type(kind):
        raise NotPlainError(f"a key of {place} is {described(kind)}; keys are texts, numbers, None or tuples of these")


def _shown(key: Any) -> str:
    if type(key) is str:
        return repr(key[:40])
    return repr(key)[:40] if type(key) in (int, bool, float) else "…"


def _oddity(value: torch.Tensor) -> str | None:
    """What keeps a tensor from being sent as a block of numbers, in a word."""
    if value.is_nested:
        return "nested"
    if value.layout != torch.strided:
        return str(value.layout).removeprefix("torch.").lstrip("_")
    return "meta" if value.device.type == "meta" else None


def _device_name(device: torch.device, place: str) -> str:
    name = str(device)
    return name if is_device_name(name) else _refuse(place, f"the device {name}, or a tensor on it")


def _surrogates_as_hex(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").hex()
