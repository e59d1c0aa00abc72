"""The wire: what it accepts survives exactly, what it is given ends in WireError or in plain values."""

from __future__ import annotations

import json
import math
import struct
import time
import tracemalloc
from collections import namedtuple

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.core.wire import PREFIX_BYTES, WireLimits, decode, encode, frame_size, sent_from
from autograder.errors import NotPlainError, WireError

BOUNDED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

DTYPES = [
    getattr(torch, name)
    for name in (
        "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128"
    ).split()
]


def bits(x: torch.Tensor) -> torch.Tensor:
    """A tensor's bits, so that NaN payloads and signed zeros count."""
    return x.clone(memory_format=torch.contiguous_format).view(-1).view(torch.uint8) if x.numel() else x.view(-1)


def assert_same(a: object, b: object) -> None:
    assert type(a) is type(b)
    if isinstance(a, torch.Tensor):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        assert torch.equal(bits(a), bits(b))
    elif isinstance(a, np.ndarray | np.generic):
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    elif isinstance(a, float):
        assert struct.pack(">d", a) == struct.pack(">d", b) or (math.isnan(a) and math.isnan(b))
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            assert_same(one, other)
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key])
    else:
        assert a == b


@st.composite
def tensors(draw):
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(st.lists(st.integers(0, 4), max_size=4))
    count = math.prod(shape) * dtype.itemsize
    raw = torch.tensor(list(draw(st.binary(min_size=count, max_size=count))), dtype=torch.uint8)
    x = raw.ne(0)[: math.prod(shape)].reshape(shape) if dtype == torch.bool else raw.view(dtype).reshape(shape)
    kind = draw(st.sampled_from(["plain", "transposed", "gaps", "expanded", "reversed dims"]))
    if kind == "transposed" and x.dim() >= 2:
        x = x.transpose(0, 1)
    elif kind == "gaps" and x.dim() and x.shape[-1]:
        x = x[..., ::2]
    elif kind == "expanded":
        x = x.unsqueeze(0).expand(3, *x.shape)
    elif kind == "reversed dims" and x.dim():
        x = x.permute(*reversed(range(x.dim())))
    return x


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.binary(max_size=20)
    | st.sampled_from(DTYPES)
    | st.sampled_from([torch.device("cpu"), torch.device("cuda:1")])
    | st.sampled_from(
        [np.float32(1.5), np.int64(-3), np.bool_(True), np.complex128(1 + 2j), np.arange(6.0).reshape(2, 3)]
    )
    | tensors()
)
KEYS = st.text(max_size=5) | st.integers(-5, 5) | st.none() | st.tuples(st.integers(0, 3), st.text(max_size=2))
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


@BOUNDED
@given(VALUES)
def test_round_trip_is_exact(value):
    assert_same(decode(encode({"value": value}))["value"], value)


@BOUNDED
@given(tensors())
def test_strides_survive(x):
    back = decode(encode({"x": x}))["x"]
    if x.numel() > 1:
        interesting = [i for i, size in enumerate(x.shape) if size > 1]
        assert [back.stride(i) for i in interesting] == [x.stride(i) for i in interesting]


@settings(BOUNDED, max_examples=400)
@given(VALUES, st.data())
def test_mutated_frames_end_in_one_error_or_in_plain_values(value, data):
    frame = bytearray(encode({"value": value, "other": torch.ones(2, 3).T}))
    for _ in range(data.draw(st.integers(1, 4))):
        kind = data.draw(st.sampled_from(["flip", "cut", "insert", "repeat"]))
        at = data.draw(st.integers(0, max(len(frame) - 1, 0)))
        if kind == "flip" and frame:
            frame[at] ^= 1 << data.draw(st.integers(0, 7))
        elif kind == "cut":
            del frame[at : at + data.draw(st.integers(1, 8))]
        elif kind == "insert":
            frame[at:at] = data.draw(st.binary(min_size=1, max_size=8))
        else:
            frame[at:at] = frame[at : at + 20]
    try:
        again = decode(bytes(frame))
    except WireError:
        return
    encode(again)  # whatever got through is plain


@BOUNDED
@given(st.binary(max_size=300))
def test_any_bytes_end_in_one_error(data):
    with pytest.raises(WireError):
        decode(data)
    with pytest.raises(WireError):
        decode(frame(data, b""))


def frame(head: bytes, payload: bytes) -> bytes:
    """A frame whose prefix is right, whatever its parts are."""
    return struct.pack(">4sQQ", b"AGW1", len(head), len(payload)) + head + payload


def safetensors(header: object, data: bytes = b"") -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + data


def tensor(dtype: str = "F32", shape: list[int] | None = None, offsets: tuple[int, int] = (0, 4)) -> dict:
    return {"dtype": dtype, "shape": [1] if shape is None else shape, "data_offsets": list(offsets)}


def head(**values: object) -> bytes:
    return json.dumps(values).encode()


ONE = safetensors({"0": tensor()}, b"\0" * 4)
HOSTILE = {
    "nothing": b"",
    "wrong magic": b"XXXX" + bytes(16),
    "claims 2^60 bytes": struct.pack(">4sQQ", b"AGW1", 2**60, 0),
    "claims 2^60 bytes of payload": struct.pack(">4sQQ", b"AGW1", 2, 2**60) + b"{}",
    "shorter than it says": frame(b"{}", b"")[:-1],
    "longer than it says": frame(b"{}", b"") + b"x",
    "no JSON": frame(b"hello", b""),
    "not an object": frame(b"[]", b""),
    "not ASCII": frame('{"a":"é"}'.encode(), b""),
    "NaN": frame(b'{"a":NaN}', b""),
    "Infinity": frame(b'{"a":-Infinity}', b""),
    "a bare float": frame(b'{"a":1.5}', b""),
    "an int of a million digits": frame(b'{"a":' + b"9" * 10**6 + b"}", b""),
    "an int beyond 64 bits": frame(b'{"a":99999999999999999999}', b""),
    "a repeated key": frame(b'{"a":1,"a":2}', b""),
    "an object inside": frame(b'{"a":{"b":1}}', b""),
    "a repeated key of a dict": frame(head(a=["d", 1, 2, 1, 3]), b""),
    "an odd dict": frame(head(a=["d", 1]), b""),
    "an unhashable key": frame(head(a=["d", ["l"], 1]), b""),
    "nested 100,000 deep": frame(b'{"a":' + b"[" * 10**5 + b"]" * 10**5 + b"}", b""),
    "nested 40 deep": frame(b'{"a":' + b'["l",' * 40 + b"1" + b"]" * 40 + b"}", b""),
    "a million values": frame(b'{"a":["l"' + b",1" * 10**6 + b"]}", b""),
    "three million empty lists": frame(b'{"a":["l"' + b",[]" * (2 * 10**6) + b"]}", b""),
    "an unknown tag": frame(head(a=["pickle", "gASVAAAA"]), b""),
    "a tag that is a list": frame(head(a=[["x"], "1"]), b""),
    "an empty list": frame(head(a=[]), b""),
    "a float that is none": frame(head(a=["f", "one"]), b""),
    "bytes that are none": frame(head(a=["b", "zz"]), b""),
    "a dtype that is none": frame(head(a=["dtype", "__class__"]), b""),
    "a device that is none": frame(head(a=["device", "cpu; rm"]), b""),
    "a tensor that is not there": frame(head(a=["x", "0", "float32", [1], None, ""]), b""),
    "a tensor named twice": frame(head(a=["l", *[["x", "0", "float32", [1], None, ""]] * 2]), ONE),
    "a tensor that nobody names": frame(head(a=1), ONE),
    "another dtype": frame(head(a=["x", "0", "int32", [1], None, ""]), ONE),
    "an object dtype": frame(head(a=["n", "0", "object", [1]]), ONE),
    "another shape": frame(head(a=["x", "0", "float32", [4], None, ""]), ONE),
    "a negative shape": frame(head(a=["x", "0", "float32", [-1], None, ""]), ONE),
    "a shape of texts": frame(head(a=["x", "0", "float32", ["1"], None, ""]), ONE),
    "a boolean shape": frame(head(a=["x", "0", "float32", [True], None, ""]), ONE),
    "overlapping strides": frame(head(a=["x", "0", "float32", [1, 1], [1], ""]), ONE),
    "expanded to 2^47": frame(head(a=["x", "0", "float32", [2**47], [0], ""]), ONE),
    "strides of 2^40": frame(
        head(a=["x", "0", "float32", [2], [2**40], ""]), safetensors({"0": tensor(shape=[2], offsets=(0, 8))}, bytes(8))
    ),
    "a device of another kind": frame(head(a=["x", "0", "float32", [1], None, "file:///etc"]), ONE),
    "rank 5,000": frame(
        head(a=["x", "0", "float32", [1] * 5000, None, ""]), safetensors({"0": tensor(shape=[1] * 5000)}, bytes(4))
    ),
    "shape [0, 2^62]": frame(
        head(a=["x", "0", "float32", [0, 2**62], None, ""]),
        safetensors({"0": tensor(shape=[0, 2**62], offsets=(0, 0))}),
    ),
    "a payload of nothing": frame(head(a=1), b"\0"),
    "a payload header of 2^60": frame(head(a=1), (2**60).to_bytes(8, "little") + b"{}"),
    "a payload that is no JSON": frame(head(a=1), safetensors(b"]")),
    "offsets beyond the end": frame(
        head(a=["x", "0", "float32", [1], None, ""]), safetensors({"0": tensor(offsets=(0, 400))}, bytes(4))
    ),
    "offsets that overflow": frame(
        head(a=["x", "0", "float32", [1], None, ""]), safetensors({"0": tensor(offsets=(2**63, 2**63 + 4))}, bytes(4))
    ),
    "100,000 tensors": frame(
        head(a=1), safetensors({str(i): tensor(shape=[0], offsets=(0, 0)) for i in range(100_000)})
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_frames_are_refused_quickly_and_cheaply(what):
    started = time.monotonic()
    with pytest.raises(WireError):
        decode(HOSTILE[what])
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("what", ["claims 2^60 bytes", "expanded to 2^47", "strides of 2^40", "shape [0, 2^62]"])
def test_a_claim_allocates_nothing(what):
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            decode(HOSTILE[what])
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_sizes_are_checked_before_the_rest_is_read():
    prefix = encode({"x": torch.ones(1000)})[:PREFIX_BYTES]
    assert frame_size(prefix) > 4000
    with pytest.raises(WireError, match="too large"):
        frame_size(prefix, WireLimits(payload_bytes=100))
    with pytest.raises(WireError, match="cut short"):
        frame_size(prefix[:5])


class Sub(torch.Tensor):
    pass


class Text(str):
    pass


NOT_PLAIN = {
    "a generator": ((i for i in range(3)), "value is a generator"),
    "nested": ({"w": [1, {2}]}, r"value\['w'\]\[1\] is a set"),
    "a Tensor subclass": (torch.ones(2).as_subclass(Sub), "value is a Sub, a subclass of Tensor"),
    "a str subclass": (Text("x"), "value is a Text"),
    "a list subclass": (type("L", (list,), {})([1]), "value is a L, a subclass of list"),
    "a module": (torch.nn.Linear(1, 1), "value is a Linear"),
    "sparse": (torch.ones(2, 2).to_sparse(), "not dense"),
    "meta": (torch.ones(2, device="meta"), "not dense"),
    "an object array": (np.array([object()]), "dtype object"),
    "a huge int": (2**70, "an int beyond 64 bits"),
    "rank 9": (torch.ones([1] * 9), "9 dimensions"),
    "a function": (len, "value is a builtin_function_or_method"),
}


@pytest.mark.parametrize("what", NOT_PLAIN)
def test_what_is_not_plain_is_refused_by_type_and_place(what):
    value, said = NOT_PLAIN[what]
    with pytest.raises(NotPlainError, match=said):
        encode({"value": value})


def test_a_list_that_holds_itself_is_refused():
    loop: list = []
    loop.append(loop)
    with pytest.raises(NotPlainError, match="nested deeper"):
        encode({"value": loop})


def test_tuples_with_names_arrive_as_tuples():
    pair = namedtuple("pair", "a b")(1, torch.ones(2))
    back = decode(encode({"p": pair, "m": torch.ones(2, 3).max(dim=1), "s": torch.ones(2, 3).shape}))
    assert type(back["p"]) is type(back["m"]) is type(back["s"]) is tuple
    assert back["s"] == (2, 3)


def test_parameters_and_views_arrive_detached_and_apart():
    weight = torch.nn.Parameter(torch.ones(3, 2))
    back = decode(encode({"w": weight, "view": weight.T, "conj": torch.ones(2, dtype=torch.complex64).conj()}))
    assert type(back["w"]) is torch.Tensor
    assert not back["w"].requires_grad
    back["w"].zero_()
    assert back["view"].sum() == 6


def test_where_a_tensor_was_sent_from_is_kept():
    raw = encode({"x": torch.ones(1)}).replace(b'null,""', b'null,"cuda:0"')
    sizes = struct.unpack(">4sQQ", raw[:PREFIX_BYTES])
    raw = struct.pack(">4sQQ", sizes[0], sizes[1] + 6, sizes[2]) + raw[PREFIX_BYTES:]
    back = decode(raw)["x"]
    assert sent_from(back) == torch.device("cuda:0")
    assert back.device == torch.device("cpu")
