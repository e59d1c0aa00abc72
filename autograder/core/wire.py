"""Plain values as bytes and back: what crosses between the judge and a worker, and nothing else does.

Promises: what ``encode`` accepts survives the round trip exactly (types, dtypes, NaN bits, strides of tensors); what
``decode`` is given, however malformed, ends in ``WireError`` or in plain values, and sizes, counts, depth, rank and
dtypes are checked before memory is set aside for them. Nothing is unpickled and no class is looked up by name.

Does not promise: aliasing (two tensors that share memory arrive apart), layouts that overlap other than by expansion
or leave wide gaps (they arrive contiguous), the payload of a Python float's NaN, the strides of NumPy arrays (they
arrive in C order and native byte order). A named tuple arrives as a tuple, an ``OrderedDict`` as a dict, a
``Parameter`` as a tensor, a bool of another byte than 0 or 1 as True. What a sender says of itself (the device that a
tensor was on) is checked for form only.

A frame is a prefix (magic, length of head, length of payload), a JSON head and a safetensors payload. In the head a
value is JSON's own null, boolean, integer or string, or a list whose first item is a tag: ``["f", "nan"]``.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from autograder.errors import NotPlainError, WireError

_MAGIC = b"AGW1"
_PREFIX = struct.Struct(">4sQQ")
PREFIX_BYTES = _PREFIX.size
_MIB = 2**20


@dataclass(frozen=True)
class WireLimits:
    """Bounds of a frame.

    Attributes:
        head_bytes, payload_bytes: sizes of the two parts.
        nodes: values in the head, the nested ones and the keys of dicts included.
        depth: nesting of lists, tuples and dicts.
        tensors: tensors and arrays together.
        rank: dimensions of each.
    """

    head_bytes: int = 8 * _MIB
    payload_bytes: int = 512 * _MIB
    nodes: int = 200_000
    depth: int = 32
    tensors: int = 4096
    rank: int = 8


DEFAULT_LIMITS = WireLimits()

_NAMES = (
    *("bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"),
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
)
_DTYPES: dict[str, torch.dtype] = {name: getattr(torch, name) for name in _NAMES}
_DTYPE_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
# How a dtype that safetensors, or a plain copy, does not know travels: as another of the same size.
_CARRIED_AS = {
    torch.uint16: torch.int16,
    torch.uint32: torch.int32,
    torch.uint64: torch.int64,
    torch.complex64: torch.float32,
    torch.complex128: torch.float64,
}
_ARRAY_KINDS = {np.dtype(name) for name in _DTYPES if name != "bfloat16"}
_SCALAR_TYPES = frozenset({dtype.type for dtype in _ARRAY_KINDS} | {np.longlong, np.ulonglong})
_TENSOR_TYPES = (torch.Tensor, torch.nn.Parameter, getattr(torch.nn, "Buffer", torch.nn.Parameter))  # Buffer: torch 2.5
_RETURN_TYPES = frozenset(kind for kind in vars(torch.return_types).values() if type(kind) is type)
_KEY_TYPES = frozenset({type(None), bool, int, float, str, bytes, tuple, torch.dtype, torch.device} | _SCALAR_TYPES)
# Read past whatever a class or its metaclass defines under these names.
_name_of = type.__dict__["__name__"].__get__
_bases_of = type.__dict__["__bases__"].__get__
_mro_of = type.__dict__["__mro__"].__get__
_namespace_of = type.__dict__["__dict__"].__get__

_DEVICE = re.compile(r"(cpu|cuda|mps|xpu|meta)(:(0|[1-9][0-9]?))?")
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")  # JSON would join the two
_JSON_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_INTEGER_BOUND = 2**64
_STRIDE_BOUND = 2**48
_SAME_HASH = 512  # keys of one dict; tuples with equal hashes are easily made, and cost the square of their number
_SENT_FROM = "_autograder_sent_from"
_CPU = torch.device("cpu")


def sent_from(tensor: torch.Tensor) -> torch.device:
    """The device that a decoded tensor was on when it was sent, as its sender says."""
    device = getattr(tensor, _SENT_FROM, None)
    return device if isinstance(device, torch.device) else tensor.device


def frame_size(prefix: bytes, limits: WireLimits = DEFAULT_LIMITS) -> int:
    """Bytes of the whole frame that starts with these ``PREFIX_BYTES``.

    Raises:
        WireError: this is no frame, or a larger one than the limits allow.
    """
    head, payload = _lengths(prefix, limits)
    return PREFIX_BYTES + head + payload


def _lengths(prefix: bytes, limits: WireLimits) -> tuple[int, int]:
    if len(prefix) < PREFIX_BYTES:
        raise WireError("it is cut short")
    magic, head, payload = _PREFIX.unpack_from(prefix)
    if magic != _MAGIC:
        raise WireError("it does not start like a frame")
    if head > limits.head_bytes or payload > limits.payload_bytes:
        raise WireError(f"it is too large ({head} + {payload} bytes)")
    return head, payload


# --- encoding -----------------------------------------------------------------------------------------------------


@dataclass
class _Encoder:
    limits: WireLimits
    tensors: dict[str, torch.Tensor] = field(default_factory=dict)
    nodes: int = 0
    payload_bytes: int = 0
    rebuilt_bytes: int = 0

    def value(self, value: Any, place: str, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            raise NotPlainError(f"{place}: too many values (more than {self.limits.nodes})")
        kind = type(value)  # exact types: a subclass may behave like anything
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if abs(value) <= _INTEGER_BOUND else _refuse(place, "an int beyond 64 bits")
        if kind is str:
            return value if value.isascii() or not _SURROGATE_PAIR.search(value) else ["u", _surrogates_as_hex(value)]
        if kind is float:
            return ["f", float.__repr__(value)]
        if any(kind is known for known in _TENSOR_TYPES):
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
            pairs: list[Any] = ["d"]
            for key, item in kind.items(value):  # an OrderedDict knows another order than the dict that it is
                pairs.append(self.value(key, f"a key of {place}", depth + 1))
                _check_key(key, place)
                pairs.append(self.value(item, f"{place}[{_shown(key)}]", depth + 1))
            return pairs
        if kind is list or kind is tuple or _is_named_tuple(kind):
            tag = "l" if kind is list else "t"
            iterator = list.__iter__(value) if kind is list else tuple.__iter__(value)
            return [tag, *(self.value(item, f"{place}[{i}]", depth + 1) for i, item in enumerate(iterator))]
        _refuse(place, _described(kind))

    def rare(self, value: Any, place: str) -> Any:
        kind = type(value)
        if kind is bytes:
            return ["b", value.hex()]
        if kind is torch.dtype:
            return ["dtype", _DTYPE_NAMES.get(value) or _refuse(place, f"the dtype {value}")]
        if kind is torch.device:
            return ["device", _device_name(value, place)]
        if type(kind) is type and kind in _SCALAR_TYPES:
            return self.array("s", np.asarray(value), place)
        hint = "; return a plain tensor" if issubclass(kind, torch.Tensor) else ""
        _refuse(place, _described(kind) + hint)

    def tensor(self, value: torch.Tensor, place: str) -> list[Any]:
        value = torch.Tensor.detach(value)  # plain, whatever attributes the original was given
        oddity = _oddity(value)
        if oddity is not None:
            _refuse(place, f"a {oddity} tensor, so not dense")
        name = _DTYPE_NAMES.get(value.dtype) or _refuse(place, f"a tensor of dtype {value.dtype}")
        if value.dim() > self.limits.rank:
            _refuse(place, f"a tensor with {value.dim()} dimensions")
        try:
            value = value.resolve_conj().resolve_neg()
            strides = self.strides(value)
            key = self.store(value if strides is None else _narrowed(value), place)
        except RuntimeError as error:  # a failed accelerator, no memory, a tensor that lives inside vmap only
            text = str(error).partition("\n")[0][:200]
            raise NotPlainError(f"{place} is a tensor whose values can't be read: {text}") from None
        device = "" if value.device.type == "cpu" else _device_name(value.device, place)
        return ["x", key, name, list(value.shape), strides, device]

    def strides(self, value: torch.Tensor) -> list[int] | None:
        """Its strides where they are special and can be rebuilt within the limits; None: it arrives contiguous."""
        if value.is_contiguous() or value.numel() == 0:
            return None
        span = _storage_elements(value.shape, value.stride())
        if span is None or max(value.stride()) >= _STRIDE_BOUND:
            return None
        logical, rebuilt = (count * value.element_size() for count in (value.numel(), span))
        if max(logical, self.rebuilt_bytes + rebuilt) > self.limits.payload_bytes:
            return None
        self.rebuilt_bytes += rebuilt
        return list(value.stride())

    def array(self, tag: str, value: np.ndarray[Any, Any], place: str) -> list[Any]:
        native = value.dtype.newbyteorder("=")
        if native not in _ARRAY_KINDS or value.ndim > self.limits.rank:
            _refuse(place, f"an array of dtype {value.dtype} and {value.ndim} dimensions")
        self.claim(value.nbytes, place)
        key = self.keep(torch.from_numpy(value.astype(native, order="C", copy=True)))
        return [tag, key, native.name, list(value.shape)]

    def store(self, value: torch.Tensor, place: str) -> str:
        self.claim(value.numel() * value.element_size(), place)
        # A copy of its own storage: safetensors refuses tensors that share memory.
        value = value.to(_CPU).clone(memory_format=torch.contiguous_format)
        value.data_ptr()  # raises where there is no memory behind it: safetensors would, without naming the place
        return self.keep(value)

    def claim(self, size: int, place: str) -> None:
        """Count a tensor of so many bytes, before it is copied."""
        self.payload_bytes += size
        if self.payload_bytes > self.limits.payload_bytes:
            raise NotPlainError(f"{place}: too large (with it, more than {self.limits.payload_bytes} bytes of tensors)")
        if len(self.tensors) >= self.limits.tensors:
            raise NotPlainError(f"{place}: more than {self.limits.tensors} tensors")

    def keep(self, value: torch.Tensor) -> str:
        key = str(len(self.tensors))
        carrier = _CARRIED_AS.get(value.dtype)
        self.tensors[key] = value if carrier is None else _as_carrier(value, carrier)
        return key


def encode(message: Mapping[str, Any], limits: WireLimits = DEFAULT_LIMITS) -> bytes:
    """A message (text keys, plain values) as one frame.

    Raises:
        NotPlainError: a value is of a type that does not cross, or too large; the text names its place.
    """
    encoder = _Encoder(limits)
    head = _TO_JSON({_message_key(key): encoder.value(value, key, 0) for key, value in message.items()})
    payload = save_tensors(encoder.tensors) if encoder.tensors else b""
    head_bytes = head.encode()
    if len(head_bytes) > limits.head_bytes or len(payload) > limits.payload_bytes:
        raise NotPlainError(f"it is too large ({len(head_bytes)} + {len(payload)} bytes)")
    return b"".join((_PREFIX.pack(_MAGIC, len(head_bytes), len(payload)), head_bytes, payload))


_TO_JSON = json.JSONEncoder(separators=(",", ":"), check_circular=False, allow_nan=False).encode


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
    elif type(kind) is not type or kind not in _KEY_TYPES:
        raise NotPlainError(f"a key of {place} is {_described(kind)}; keys are texts, numbers, None or tuples of these")


def _shown(key: Any) -> str:
    if type(key) is str:
        return repr(key[:40])
    return repr(key)[:40] if type(key) in (int, bool, float) else "…"


def _described(kind: type) -> str:
    """A type in words, without running any code of it."""
    name = str.__getitem__(_name_of(kind), slice(60))
    parent = _mro_of(kind)[1]
    return (
        f"a {name}"
        if parent is object or kind is torch.Tensor
        else f"a {name}, a subclass of {str.__getitem__(_name_of(parent), slice(60))}"
    )


def _oddity(value: torch.Tensor) -> str | None:
    """What keeps a tensor from being sent as a block of numbers, in a word."""
    if value.is_nested:
        return "nested"
    if value.layout != torch.strided:
        return str(value.layout).removeprefix("torch.").lstrip("_")
    return "meta" if value.device.type == "meta" else None


def _device_name(device: torch.device, place: str) -> str:
    name = str(device)
    return name if _DEVICE.fullmatch(name) else _refuse(place, f"the device {name}, or a tensor on it")


def _surrogates_as_hex(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").hex()


def _is_named_tuple(kind: type) -> bool:
    """Whether instances are tuples that only add names: namedtuple, torch.Size, torch.return_types."""
    if kind is torch.Size or (type(kind) is type and kind in _RETURN_TYPES):
        return True
    bases = _bases_of(kind)
    return len(bases) == 1 and bases[0] is tuple and type(_namespace_of(kind).get("_fields")) is tuple


def _as_carrier(value: torch.Tensor, carrier: torch.dtype) -> torch.Tensor:
    return torch.view_as_real(value).contiguous() if value.is_complex() else value.view(carrier)


def _narrowed(value: torch.Tensor) -> torch.Tensor:
    """The tensor without its expanded dimensions (size 1 in their place)."""
    for dim, (size, stride) in enumerate(zip(value.shape, value.stride(), strict=True)):
        if stride == 0 and size > 1:
            value = value.narrow(dim, 0, 1)
    return value


def _storage_elements(shape: tuple[int, ...], strides: tuple[int, ...]) -> int | None:
    """Elements that a tensor of these strides spans, or None: it overlaps itself, or gapes too widely.

    Dimensions in order of stride must each step over all that lies within the smaller ones.
    """
    steps = sorted((stride, size) for stride, size in zip(strides, shape, strict=True) if size > 1 and stride != 0)
    span = elements = 1
    for stride, size in steps:
        if stride < span:
            return None
        span += stride * (size - 1)
        elements *= size
    return span if span <= 4 * elements + 1024 else None


# --- decoding -----------------------------------------------------------------------------------------------------


def decode(frame: bytes | bytearray | memoryview, limits: WireLimits = DEFAULT_LIMITS) -> dict[str, Any]:
    """The message of a frame.

    Raises:
        WireError: the bytes are anything but a frame within the limits.
    """
    frame = bytes(frame)
    head, payload = _lengths(frame[:PREFIX_BYTES], limits)
    if len(frame) != PREFIX_BYTES + head + payload:
        raise WireError("its length is not what it says")
    message = _parsed(frame[PREFIX_BYTES : PREFIX_BYTES + head], limits)
    decoder = _Decoder(limits, _loaded(frame[PREFIX_BYTES + head :], limits))
    values = {key: decoder.value(value, 0) for key, value in message.items()}
    if decoder.used != decoder.tensors.keys():
        raise WireError("it carries tensors that its head does not name")
    return values


def _parsed(head: bytes, limits: WireLimits) -> dict[str, Any]:
    if _marks(head) > _mark_bound(limits) and _marks(_JSON_TEXT.sub(b"", head)) > _mark_bound(limits):
        raise WireError(f"it holds more than {limits.nodes} values")
    try:
        message = _FROM_JSON(head.decode("ascii"))
    except WireError:
        raise
    except (ValueError, RecursionError):
        raise WireError("its head is no JSON") from None
    if type(message) is not dict:
        raise WireError("its head is no object")
    return message


def _marks(head: bytes) -> int:
    """Commas and opening brackets. Each value but the first of a list or object follows a comma."""
    return head.count(b",") + head.count(b"[")


def _mark_bound(limits: WireLimits) -> int:
    return 4 * limits.nodes + 64 * limits.tensors


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WireError("its head repeats a key")
    return found


def _no_number(text: str) -> NoReturn:
    raise WireError(f"its head holds the bare number {text[:20]}")


def _bounded_int(text: str) -> int:
    if len(text) > 21 or abs(number := int(text)) > _INTEGER_BOUND:
        raise WireError("an int beyond 64 bits")
    return number


_FROM_JSON = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_no_number, parse_constant=_no_number, parse_int=_bounded_int
).decode


def _loaded(payload: bytes, limits: WireLimits) -> dict[str, torch.Tensor]:
    if not payload:
        return {}
    # The declared header is bounded first: it alone decides how many tensors, of what rank, are made.
    header = int.from_bytes(payload[:8], "little")
    if len(payload) < 8 or header > 256 * limits.tensors:
        raise WireError("its payload is no list of tensors")
    try:
        tensors = load_tensors(payload)
    except BaseException as error:
        # Library code on hostile bytes may fail with anything; a panic in its Rust part is no Exception.
        if not isinstance(error, Exception) and _name_of(type(error)) != "PanicException":
            raise
        raise WireError(f"its payload is no list of tensors: {type(error).__name__}") from None
    if len(tensors) > limits.tensors:
        raise WireError(f"it carries more than {limits.tensors} tensors")
    return tensors


@dataclass
class _Decoder:
    limits: WireLimits
    tensors: dict[str, torch.Tensor]
    used: set[str] = field(default_factory=set)
    nodes: int = 0
    rebuilt_bytes: int = 0

    def value(self, raw: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > self.limits.nodes or depth > self.limits.depth:
            raise WireError("it holds too many values, or nests them too deeply")
        if type(raw) is not list:
            if type(raw) is dict:
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
        raise WireError("an unknown kind of value")

    def pairs(self, items: list[Any], depth: int) -> dict[Any, Any]:
        if len(items) % 2:
            raise WireError("a key without a value")
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
            if key in found:
                raise WireError("a repeated key")
            found[key] = self.value(raw_value, depth + 1)
        return found

    def tensor(self, key: Any, dtype_name: Any, shape: Any, strides: Any, device: Any) -> torch.Tensor:
        sizes = _sizes(shape, self.limits.rank)
        steps = sizes if strides is None else _sizes(strides, self.limits.rank)
        if len(steps) != len(sizes) or type(device) is not str:
            raise WireError("a tensor whose strides or device make no sense")
        narrow = sizes
        if strides is not None:
            narrow = tuple(1 if step == 0 else size for size, step in zip(sizes, steps, strict=True))
        value = self.stored(key, dtype_name, narrow)
        if strides is not None:
            value = self.with_strides(value, sizes, steps)
        if device:
            setattr(value, _SENT_FROM, _device(device))
        return value

    def with_strides(self, value: torch.Tensor, sizes: tuple[int, ...], strides: tuple[int, ...]) -> torch.Tensor:
        span = _storage_elements(sizes, strides)
        if span is None or 0 in sizes:
            raise WireError("a tensor whose strides make no sense")
        self.rebuilt_bytes += span * value.element_size()
        if max(self.rebuilt_bytes, math.prod(sizes) * value.element_size()) > self.limits.payload_bytes:
            raise WireError("a tensor that is spread out too far")
        base = torch.zeros(span, dtype=value.dtype, device=_CPU)
        base.as_strided(value.shape, strides).copy_(value)
        return base.as_strided(sizes, strides)

    def array(self, tag: str, key: Any, dtype_name: Any, shape: Any) -> Any:
        if dtype_name == "bfloat16":
            raise WireError("an array of a dtype that NumPy lacks")
        array = self.stored(key, dtype_name, _sizes(shape, self.limits.rank)).numpy()
        if tag == "n":
            return array
        if array.ndim:
            raise WireError("a scalar with dimensions")
        return array[()]

    def stored(self, key: Any, dtype_name: Any, shape: tuple[int, ...]) -> torch.Tensor:
        """The tensor of that key, which must be of the dtype and shape that the head says, and named once."""
        if type(key) is not str or key in self.used or key not in self.tensors:
            raise WireError("a tensor that is not there, or named twice")
        dtype = _DTYPES.get(dtype_name) if type(dtype_name) is str else None
        if dtype is None:
            raise WireError("a tensor of unknown dtype")
        self.used.add(key)
        value, carrier = self.tensors[key], _CARRIED_AS.get(dtype, dtype)
        if value.dtype != carrier or tuple(value.shape) != ((*shape, 2) if dtype.is_complex else shape):
            raise WireError("a tensor of other dtype or shape than its head says")
        if value.device != _CPU:  # without elements safetensors makes it on the default device
            value = torch.empty(value.shape, dtype=value.dtype, device=_CPU)
        if dtype is torch.bool:
            return value.view(torch.uint8).ne(0)  # other bytes than 0 and 1 make operations on bools misbehave
        if dtype.is_complex:
            return torch.view_as_complex(value)
        return value if carrier is dtype else value.view(dtype)


def _sizes(raw: Any, rank: int) -> tuple[int, ...]:
    if (
        type(raw) is not list
        or len(raw) > rank
        or any(type(size) is not int or not 0 <= size < _STRIDE_BOUND for size in raw)
    ):
        raise WireError("a shape that makes no sense")
    return tuple(raw)


def _can_be_key(value: Any) -> bool:
    if type(value) is tuple:
        return all(_can_be_key(item) for item in value)
    return type(value) in _KEY_TYPES


def _device(name: str) -> torch.device:
    if not _DEVICE.fullmatch(name):
        raise WireError("a device that is none")
    try:
        return torch.device(name)
    except RuntimeError:  # an index that this version of torch refuses
        raise WireError("a device that is none") from None


def _scalar(tag: Any, text: str) -> Any:
    try:
        if tag == "f":
            return float(text) if len(text) < 64 else _unknown()
        if tag == "b":
            return bytes.fromhex(text)
        if tag == "u":
            return bytes.fromhex(text).decode("utf-8", "surrogatepass")
    except ValueError:
        _unknown()
    if tag == "dtype" and text in _DTYPES:
        return _DTYPES[text]
    if tag == "device":
        return _device(text)
    _unknown()


def _unknown() -> NoReturn:
    raise WireError("an unknown kind of value")
