"""A frame to values. The frame comes from a worker that a submission may have taken over: every byte is hostile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

import torch

from autograder.core.wire.frame import DEFAULT_LIMITS, PREFIX_BYTES, WireLimits, part_sizes
from autograder.core.wire.head import read_head
from autograder.core.wire.kinds import CPU, DTYPES, carried, is_device_name, is_key_type
from autograder.core.wire.layout import SIZE_BOUND, claimed_bytes, narrowed_shape, spread, storage_elements
from autograder.core.wire.payload import read_payload
from autograder.errors import WireError

_SAME_HASH = 64  # keys of one dict; tuples with equal hashes are easily made, and cost the square of their number
_LONGEST_FLOAT = 32  # characters
_SENT_FROM = "_autograder_sent_from"


def decode(frame: bytes | bytearray | memoryview, limits: WireLimits = DEFAULT_LIMITS) -> dict[str, Any]:
    """The message of a frame.

    Raises:
        WireError: the bytes are anything but a frame within the limits.
    """
    with memoryview(frame) as whole:
        head, payload = part_sizes(bytes(whole[:PREFIX_BYTES]), limits)
        if len(whole) != PREFIX_BYTES + head + payload:
            raise WireError("its length is not what it says")
        message = read_head(bytes(whole[PREFIX_BYTES : PREFIX_BYTES + head]), limits)
        tensors = read_payload(bytes(whole[PREFIX_BYTES + head :]), limits)
    decoder = _Decoder(limits, tensors)
    values = {key: decoder.value(value, 0) for key, value in message.items()}
    if decoder.used != tensors.keys():
        raise WireError("it carries tensors that its head does not name")
    return values


def sent_from(tensor: torch.Tensor) -> torch.device:
    """The device that a decoded tensor was on when it was sent, as its sender says."""
    device = getattr(tensor, _SENT_FROM, None)
    return device if isinstance(device, torch.device) else tensor.device


@dataclass
class _Decoder:
    limits: WireLimits
    tensors: dict[str, torch.Tensor]
    used: set[str] = field(default_factory=set)
    nodes: int = 0
    claimed_bytes: int = 0
    rebuilt_bytes: int = 0

    def value(self, raw: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > self.limits.nodes or depth > self.limits.depth:
            raise WireError("it holds too many values, or nests them too deeply")
        if type(raw) is not list:
            if type(raw) is tuple:
                raise WireError("an object inside its head")
            return raw
        tag, items = (raw[0], raw[1:]) if raw else (None, [])
        if tag == "l":
            return [self.value(item, depth + 1) for item in items]
        if tag == "t":
            return tuple(self.value(item, depth + 1) for item in items)
        if tag == "d":
            return self.pairs(items, depth)
        if tag == "x" and len(items) == 5:
            return self.tensor(*items)
        if tag in ("n", "s") and len(items) == 3:
            return self.array(tag, *items)
        if len(items) == 1 and type(items[0]) is str:
            return _scalar(tag, items[0])
        _unknown()

    def pairs(self, items: list[Any], depth: int) -> dict[Any, Any]:
        if len(items) % 2:
            raise WireError("a key without a value")
        if len(items) > 2 * self.limits.keys:
            raise WireError(f"a dict of more than {self.limits.keys} keys")
        found: dict[Any, Any] = {}
        crowd: dict[int, int] = {}
        for raw_key, raw_value in zip(items[::2], items[1::2], strict=True):
            key = self.value(raw_key, depth + 1)
            if not _can_be_key(key):
                raise WireError("a key that can't be one")
            if type(key) is not str and type(key) is not int:
                crowd[hash(key)] = same = crowd.get(hash(key), 0) + 1
                if same > _SAME_HASH:
                    raise WireError("too many keys of the same hash")
            if _holds(found, key):
                raise WireError("a repeated key")
            found[key] = self.value(raw_value, depth + 1)
        return found

    def tensor(self, key: Any, dtype_name: Any, shape: Any, strides: Any, device: Any) -> torch.Tensor:
        sizes = self.sizes(shape)
        steps = None if strides is None else self.sizes(strides)
        if type(device) is not str or (steps is not None and len(steps) != len(sizes)):
            raise WireError("a tensor whose strides or device make no sense")
        value = self.stored(key, dtype_name, sizes if steps is None else narrowed_shape(sizes, steps))
        self.claim(sizes, value.element_size())  # first: torch fails at a shape of more than 2^63 entries
        if steps is not None:
            value = self.with_strides(value, sizes, steps)
        if device:
            setattr(value, _SENT_FROM, _device(device))
        return value

    def with_strides(self, value: torch.Tensor, sizes: tuple[int, ...], strides: tuple[int, ...]) -> torch.Tensor:
        span = storage_elements(sizes, strides)
        if span is None or 0 in sizes:
            raise WireError("a tensor whose strides make no sense")
        self.rebuilt_bytes += span * value.element_size()
        if self.rebuilt_bytes > self.limits.payload_bytes:
            raise WireError("a tensor that is spread out too far")
        return spread(value, sizes, strides, span)

    def array(self, tag: str, key: Any, dtype_name: Any, shape: Any) -> Any:
        if dtype_name == "bfloat16":
            raise WireError("an array of a dtype that NumPy lacks")
        sizes = self.sizes(shape)
        array = self.stored(key, dtype_name, sizes).numpy()
        self.claim(sizes, array.itemsize)
        if tag == "n":
            return array
        if array.ndim:
            raise WireError("a scalar with dimensions")
        return array[()]

    def stored(self, key: Any, dtype_name: Any, shape: tuple[int, ...]) -> torch.Tensor:
        """The tensor of that key, which must be of the dtype and shape that the head says, and named once."""
        if type(key) is not str or key in self.used or key not in self.tensors:
            raise WireError("a tensor that is not there, or named twice")
        dtype = DTYPES.get(dtype_name) if type(dtype_name) is str else None
        if dtype is None:
            raise WireError("a tensor of unknown dtype")
        self.used.add(key)
        value = self.tensors[key]
        if (value.dtype, tuple(value.shape)) != carried(dtype, shape):
            raise WireError("a tensor of other dtype or shape than its head says")
        return _as_dtype(value, dtype)

    def claim(self, shape: tuple[int, ...], itemsize: int) -> None:
        """Count what a tensor stands for: whoever works on all of them must not be drowned by a few bytes."""
        self.claimed_bytes += claimed_bytes(shape, itemsize)
        if self.claimed_bytes > self.limits.payload_bytes:
            raise WireError(f"its tensors stand for more than {self.limits.payload_bytes} bytes")

    def sizes(self, raw: Any) -> tuple[int, ...]:
        if type(raw) is not list or len(raw) > self.limits.rank:
            raise WireError("a shape that makes no sense")
        if any(type(size) is not int or not 0 <= size < SIZE_BOUND for size in raw):
            raise WireError("a shape that makes no sense")
        return tuple(raw)


def _as_dtype(value: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """A tensor of the dtype that it travelled for."""
    if value.device != CPU:  # without elements safetensors makes it on the default device
        value = torch.empty(value.shape, dtype=value.dtype, device=CPU)
    if dtype is torch.bool:
        return value.view(torch.uint8).ne(0)  # other bytes than 0 and 1 make operations on bools misbehave
    if dtype.is_complex:
        return torch.view_as_complex(value)
    return value.view(dtype)


def _can_be_key(value: Any) -> bool:
    if type(value) is tuple:
        return all(_can_be_key(item) for item in value)
    return is_key_type(type(value))


def _holds(found: dict[Any, Any], key: Any) -> bool:
    try:
        return key in found
    except Exception:  # a NumPy scalar and a tuple of the same hash: their comparison is an array
        raise WireError("keys that can't be told apart") from None


def _device(name: str) -> torch.device:
    if not is_device_name(name):
        raise WireError("a device that is none")
    try:
        return torch.device(name)
    except RuntimeError:  # an index that this version of torch refuses
        raise WireError("a device that is none") from None


def _scalar(tag: Any, text: str) -> Any:
    try:
        if tag == "f":
            return _float(text)
        if tag == "b":
            return bytes.fromhex(text)
        if tag == "u":
            return bytes.fromhex(text).decode("utf-8", "surrogatepass")
    except ValueError:
        _unknown()
    if tag == "dtype" and text in DTYPES:
        return DTYPES[text]
    if tag == "device":
        return _device(text)
    _unknown()


def _float(text: str) -> float:
    """A float from the one way in which it is written: no underscores, no digits of other scripts."""
    if len(text) > _LONGEST_FLOAT:
        _unknown()
    number = float(text)
    return number if repr(number) == text else _unknown()


def _unknown() -> NoReturn:
    raise WireError("an unknown kind of value")
