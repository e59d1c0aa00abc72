"""The wire: what it accepts survives exactly, what it is given ends in WireError or in plain values."""

from __future__ import annotations

import enum
import json
import math
import struct
import subprocess
import sys
import time
import tracemalloc
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from autograder.core.wire import PREFIX_BYTES, WireLimits, decode, encode, frame_size, sent_from
from autograder.errors import NotPlainError, WireError

BOUNDED = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)

DTYPES = [
    getattr(torch, name)
    for name in (
        "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128"
    ).split()
]


def bits(x: torch.Tensor) -> torch.Tensor:
    """A tensor's bits, so that NaN payloads and signed zeros count."""
    return x.clone(memory_format=torch.contiguous_format).view(-1).view(torch.uint8) if x.numel() else x.view(-1)


def strides(x: torch.Tensor) -> list[int]:
    """Of the dimensions that have more than one entry: the others' mean nothing."""
    return [stride for size, stride in zip(x.shape, x.stride(), strict=True) if size > 1]


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
    assert strides(back) == strides(x) or not x.numel()


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


def parts(raw: bytes) -> tuple[bytes, bytes]:
    """Head and payload of a frame."""
    end = PREFIX_BYTES + struct.unpack(">4sQQ", raw[:PREFIX_BYTES])[1]
    return raw[PREFIX_BYTES:end], raw[end:]


@BOUNDED
@given(VALUES, VALUES, st.data())
def test_spliced_and_edited_heads_end_in_one_error_or_in_plain_values(one, other, data):
    raw_head, payload = parts(encode({"value": one, "x": torch.ones(2, 3).T}))
    _, other_payload = parts(encode({"value": other}))
    at = data.draw(st.integers(0, len(raw_head)))
    edited = raw_head[:at] + data.draw(st.sampled_from([b"0", b"9", b"[", b"]", b",", b'"', b'"f",', b"-", b""]))
    edited += raw_head[at + data.draw(st.integers(0, 2)) :]
    for mutant in (frame(raw_head, other_payload), frame(edited, payload), frame(edited, other_payload)):
        try:
            again = decode(mutant)
        except WireError:
            continue
        encode(again)


@BOUNDED
@given(st.binary(max_size=300))
def test_any_bytes_end_in_one_error(data):
    assume(data != b"{}")  # the empty message
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


def tuples_of_one_hash(count: int) -> list[tuple[int, int]]:
    """By solving for the second item in CPython's hash of a pair."""
    first, second, start, word = 11400714785074694791, 14029467366897019727, 2870177450012600261, 2**64
    inverse, found, a = pow(second, -1, word), [], 0
    while len(found) < count:
        a += 1
        mixed = (start + a * second) % word
        mixed = ((mixed << 31 | mixed >> 33) % word) * first
        b = (12345 - mixed) * inverse % word
        if b < 2**61 - 1:
            found.append((a, b))
    return found


def tuple_of_small_hash() -> tuple[int, int]:
    """A pair whose hash is also that of a 64-bit integer: the integer itself."""
    return next(pair for i in range(100) if abs(hash(pair := (i, 7))) < 2**60)


def keys_that_walk(bits: int) -> list[int]:
    """Integers that CPython's dict, with a table of 2**bits, finds a place for only after a long walk each.

    Half the table is filled along the cycle i → 5i + 1 that a search follows in the end. Each later key is chosen so
    that every step of its search hits a filled place, and the last one the start of the cycle.
    """
    size, rng = 2**bits, np.random.default_rng(0)
    filled, last = size // 2, size * 2 // 3
    cycle, position = np.empty(size, np.int64), np.empty(size, np.int64)
    place = 0
    for step in range(size):
        cycle[step], position[place] = place, step
        place = (5 * place + 1) % size
    found = dict.fromkeys(cycle[:filled].tolist())
    while len(found) < last:
        keys = rest = rng.integers(size, size << 15, size=2**19)
        at = keys % size
        while rest.any():
            good = position[at] < filled
            keys, rest, at = keys[good], rest[good] >> 5, at[good]
            at = (5 * at + rest + 1) % size
        found.update(dict.fromkeys(keys[position[at] < filled // 8].tolist()))
    return list(found)[:last]


ONE = safetensors({"0": tensor()}, b"\0" * 4)
HOSTILE = {
    "a device with an index of other digits": frame(head(a=["device", "cuda:\u0663"]), b""),
    "a device with a leading zero": frame(head(a=["device", "cuda:007"]), b""),
    "a device whose index wraps": frame(head(a=["device", "cuda:999"]), b""),
    "a tensor's device with a leading zero": frame(head(a=["x", "0", "float32", [1], None, "cuda:01"]), ONE),
    "a tensor as a key": frame(head(a=["d", ["x", "0", "float32", [1], None, ""], 1]), ONE),
    "an array in a tuple as a key": frame(head(a=["d", ["t", ["n", "0", "float32", [1]]], 1]), ONE),
    "20,000 keys of one hash": frame(
        head(a=["d", *[x for pair in tuples_of_one_hash(20_000) for x in (["t", *pair], 1)]]), b""
    ),
    "40,000 texts as keys": frame(head(a=["d", *[x for i in range(40_000) for x in (str(i), 1)]]), b""),
    "a message of 40,000 keys": frame(head(**{str(i): 1 for i in range(40_000)}), b""),
    "objects of many keys inside": frame(head(a=[{f"{i}.{j}": 1 for i in range(1000)} for j in range(300)]), b""),
    "an array and a tuple of one hash": frame(
        head(a=["d", ["t", *tuple_of_small_hash()], 1, ["s", "0", "int64", []], 2]),
        safetensors({"0": tensor("I64", [], (0, 8))}, struct.pack("<q", hash(tuple_of_small_hash()))),
    ),
    "no head": frame(b"", b""),
    "no head but a payload": frame(b"", ONE),
    "a float with underscores": frame(head(a=["f", "1_0.0"]), b""),
    "a float in other digits": frame(head(a=["f", "\u0661.0"]), b""),
    "a float in more digits than it has": frame(head(a=["f", "1.00"]), b""),
    "shape [0, 2^47]": frame(
        head(a=["x", "0", "float32", [0, 2**47], None, ""]),
        safetensors({"0": tensor(shape=[0, 2**47], offsets=(0, 0))}),
    ),
    "many tensors expanded to 256 MiB": frame(
        head(a=["l", *[["x", str(i), "float32", [2**26], [0], ""] for i in range(3)]]),
        safetensors({str(i): tensor(offsets=(4 * i, 4 * i + 4)) for i in range(3)}, bytes(12)),
    ),
    "surrogates that are none": frame(head(a=["u", "ff"]), b""),
    "100,000 open texts": frame(b'{"a":"' + b'\\",[' * 10**6, b""),
    "a dtype that the wire lacks": frame(
        head(a=["x", "0", "uint8", [4], None, ""]), safetensors({"0": tensor("F8_E4M3", [4])}, bytes(4))
    ),
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
    "expanded to 2^80": frame(
        head(a=["x", "0", "float32", [2**40, 2**40], [0, 0], ""]), safetensors({"0": tensor(shape=[1, 1])}, bytes(4))
    ),
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
    started = time.thread_time()
    with pytest.raises(WireError):
        decode(HOSTILE[what])
    assert time.thread_time() - started < 1


def test_keys_that_meet_in_the_table_cost_little():
    """As many as one dict may have: eight times as many would take 64 times as long."""
    keys = keys_that_walk(14)
    raw = frame(head(a=["d", *[x for key in keys for x in (key, 1)]]), b"")
    started = time.thread_time()
    assert len(decode(raw)["a"]) == len(keys)
    assert time.thread_time() - started < 1


CLAIMS = ("claims 2^60 bytes", "claims 2^60 bytes of payload", "expanded to 2^47", "strides of 2^40", "shape [0, 2^62]")


@pytest.mark.parametrize("what", CLAIMS)
def test_a_claim_makes_no_large_objects(what):
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            decode(HOSTILE[what])
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_a_claim_takes_no_memory():
    """Memory of tensors is not traced: the peak of a process of its own tells."""
    program = """
import resource, sys
from autograder.core.wire import decode
from autograder.errors import WireError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for line in sys.stdin:
    try:
        decode(bytes.fromhex(line))
    except WireError:
        continue
    sys.exit("accepted")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    frames = "\n".join(HOSTILE[what].hex() for what in CLAIMS)
    done = subprocess.run([sys.executable, "-c", program], input=frames, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < (20 * 1024 if sys.platform == "linux" else 20 * 2**20)


def test_sizes_are_checked_before_the_rest_is_read():
    prefix = encode({"x": torch.ones(1000)})[:PREFIX_BYTES]
    assert frame_size(prefix) > 4000
    with pytest.raises(WireError, match="too large"):
        frame_size(prefix, WireLimits(payload_bytes=100))
    with pytest.raises(WireError, match="cut short"):
        frame_size(prefix[:5])
    with pytest.raises(WireError, match="no head"):  # a reader that waits for more than the prefix would wait for ever
        frame_size(struct.pack(">4sQQ", b"AGW1", 0, 0))


def test_a_frame_may_be_in_any_buffer():
    raw = encode({"x": torch.ones(3)})
    buffer = bytearray(raw)
    for same in (raw, buffer, memoryview(raw)):
        assert decode(same)["x"].sum() == 3
    buffer += b"no view of it is left"
    x = decode(buffer[: len(raw)])["x"]
    buffer[:] = bytes(len(buffer))
    assert x.sum() == 3


@pytest.mark.parametrize("what", ["torch.ones(2**24)", "torch.ones(2**12, 2**12).T", "torch.ones(2**24).numpy()"])
def test_a_payload_is_copied_once_to_send_it_and_twice_to_receive_it(what):
    """A tensor with strides of its own takes one copy more on each side."""
    program = f"""
import re, sys, torch
from pathlib import Path
from autograder.core.wire import decode, encode
def peak(kind): return int(re.search(kind + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 2**16
def grown(call, value):
    call(small if call is encode else encode(small))
    Path("/proc/self/clear_refs").write_text("5")
    before = peak("VmRSS")
    return call(value), peak("VmHWM") - before
torch.set_num_threads(1)
small = {{"x": torch.ones(3, 2).T}}
frame, sending = grown(encode, {{"x": {what}}})
_, receiving = grown(decode, frame)
print(sending, receiving)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    sending, receiving = map(float, done.stdout.split())
    more = what.endswith(".T")
    assert sending < 1.2 + more and receiving < 2.2 + more


class Sub(torch.Tensor):
    pass


class Text(str):
    pass


class Number(enum.IntEnum):
    ONE = 1


class Spoofed(np.float64):
    __module__ = "numpy"


class Ordered(OrderedDict):
    pass


class Liar:
    """Claims to be a list; a question about its class would run its code."""

    @property
    def __class__(self):
        raise AssertionError("asked")


class Meta(type):
    def __hash__(cls):
        raise AssertionError("asked")

    def __getattribute__(cls, name):
        raise AssertionError("asked")


class Asked(metaclass=Meta):
    pass


NOT_PLAIN = {
    "an IntEnum": (Number.ONE, "value is a Number"),
    "a NumPy scalar's subclass": (Spoofed(1), "value is a Spoofed, a subclass of float64"),
    "an OrderedDict's subclass": (Ordered(), "value is a Ordered, a subclass of OrderedDict"),
    "an object that lies": (Liar(), "value is a Liar"),
    "a class that would be asked": (Asked(), "value is a Asked"),
    "a key whose class would be asked": ({Liar(): 1}, "a key of value is a Liar"),
    "a tensor as a key": ({torch.ones(1): 1}, "a key of value is a Tensor; keys are texts"),
    "a tensor in a tuple as a key": ({(1, torch.ones(1)): 1}, "a key of value is a Tensor; keys are texts"),
    "a complex": (1j, "value is a complex"),
    "a device of another kind": (torch.device("hpu:0"), "value is the device hpu:0"),
    "a dtype that the wire lacks": (torch.float8_e5m2, "the dtype torch.float8_e5m2"),
    "expanded to 4 GiB": (torch.ones(1).expand(2**30), "too large"),
    "texts in an array": (np.array(["a"]), "dtype <U1"),
    "a structured array": (np.zeros(2, dtype=[("a", "f4")]), "an array of dtype"),
    "a masked array": (np.ma.array([1.0]), "value is a MaskedArray, a subclass of ndarray"),
    "long double": (np.zeros(2, dtype=np.longdouble), "an array of dtype"),
    "a datetime": (np.datetime64("2026-01-01"), "value is a datetime64"),
    "a generator": ((i for i in range(3)), "value is a generator"),
    "nested": ({"w": [1, {2}]}, r"value\['w'\]\[1\] is a set"),
    "a Tensor subclass": (torch.ones(2).as_subclass(Sub), "value is a Sub, a subclass of Tensor"),
    "a str subclass": (Text("x"), "value is a Text"),
    "a list subclass": (type("L", (list,), {})([1]), "value is a L, a subclass of list"),
    "a module": (torch.nn.Linear(1, 1), "value is a Linear"),
    "sparse": (torch.ones(2, 2).to_sparse(), "value is a sparse_coo tensor, so not dense"),
    "meta": (torch.ones(2, device="meta"), "value is a meta tensor"),
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


@pytest.mark.filterwarnings("ignore::UserWarning")  # both are in beta, says torch
def test_tensors_that_are_not_dense_are_refused_by_name():
    for value, said in (
        (torch.eye(2).to_sparse_csr(), "sparse_csr"),
        (torch.nested.nested_tensor([torch.ones(1), torch.ones(2)]), "nested"),
    ):
        with pytest.raises(NotPlainError, match=f"value is a {said} tensor, so not dense"):
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


def test_sending_a_tensor_leaves_it_as_it_was():
    x = torch.ones(3)
    encode({"x": x})
    x.resize_(2**10)  # a tensor that NumPy has seen can't be resized


def test_a_tensor_whose_memory_was_taken_away_is_refused():
    x, part = torch.ones(300), torch.ones(300)
    turned = part.view(3, 100).T
    x.untyped_storage().resize_(0)
    part.untyped_storage().resize_(1000)
    for gone in (x, part, turned):
        with pytest.raises(NotPlainError, match="r is a tensor whose values can't be read"):
            encode({"r": gone})
    assert decode(encode({"r": part[:250]}))["r"].sum() == 250


def test_tensors_that_share_memory_arrive_apart():
    x, array = torch.ones(4), np.ones(4)
    back = decode(encode({"all": [x, x, x[:2], x[1:], array, array[:2], torch.from_numpy(array)]}))["all"]
    back[0].zero_()
    back[4][:] = 0
    assert [part.sum() for part in back] == [0, 4, 2, 3, 0, 2, 4]


def test_attributes_of_a_tensor_are_not_called():
    def asked(*args, **kwargs):
        raise AssertionError("asked")

    x = torch.ones(2, 3)
    for name in ("detach", "dim", "stride", "clone", "to", "numel", "is_contiguous", "data_ptr", "resolve_conj"):
        setattr(x, name, asked)
    weights = OrderedDict(x=x)
    weights.items = asked
    assert torch.equal(decode(encode({"w": weights}))["w"]["x"], torch.ones(2, 3))


def test_the_order_of_an_ordered_dict_survives():
    ordered = OrderedDict(a=1, b=2)
    ordered.move_to_end("a")
    assert list(decode(encode({"o": ordered}))["o"]) == ["b", "a"]


def test_texts_survive_whatever_is_in_them():
    for text in ("\ud800\udc00", "\ud800", "\U0001f600", '",[{' * 10**6, "\\" * 9 + '"', "\0"):
        assert decode(encode({"text": text}))["text"] == text


def test_keys_of_a_message_are_texts():
    with pytest.raises(NotPlainError, match="keys of a message"):
        encode({1: 2})
    with pytest.raises(NotPlainError, match="keys of a message"):
        encode({"\ud800\udc00": 2})


def test_keys_of_dicts_keep_their_type():
    value = {1: "int", "1": "text", (1, (None, 2.5)): "tuple", None: 0, b"1": 1, torch.float32: 2, np.int64(7): 3}
    assert_same(decode(encode({"value": value}))["value"], value)
    many = {(i, -j): i * j for i in range(1, 100) for j in range(1, 100)}
    assert decode(encode({"value": many}))["value"] == many


def test_odd_layouts_arrive_with_their_values():
    x = torch.arange(12.0)
    for odd in (x.unfold(0, 4, 1), x.as_strided((3, 2), (0, 1)), x.as_strided((2, 1, 2), (6, 2**50, 1)), x[::6]):
        assert torch.equal(decode(encode({"x": odd}))["x"], odd)
    wide = torch.zeros(10**6)[:: 10**5]
    assert decode(encode({"x": wide}))["x"].stride() == (1,)
    assert decode(encode({"x": x.unfold(0, 4, 1)}))["x"].is_contiguous()


def test_spread_out_tensors_stay_within_the_limits():
    limits = WireLimits(payload_bytes=8000)
    gaps = [torch.zeros(1200)[::4] for _ in range(4)]  # of 1,200 bytes each, 4,788 with their gaps
    back = decode(encode({"gaps": gaps}, limits), limits)["gaps"]
    assert [x.stride() for x in back] == [(4,), (1,), (1,), (1,)]
    with pytest.raises(WireError, match="spread out too far"):
        decode(encode({"gaps": gaps}), limits)


def test_gaps_hold_nothing():
    back = decode(encode({"x": torch.ones(100)[::4]}))["x"]
    assert back.as_strided((97,), (1,)).sum() == 25


def test_arrays_arrive_native_and_in_order():
    array = np.arange(6, dtype=">f8").reshape(2, 3).T
    back = decode(encode({"a": array, "f": np.asfortranarray(np.ones((2, 3))), "r": np.arange(3)[::-1]}))
    assert back["a"].dtype == np.dtype("float64") and back["a"].flags.c_contiguous and back["f"].flags.c_contiguous
    assert np.array_equal(back["a"], array) and back["r"].tolist() == [2, 1, 0]
    back["a"][0, 0] = 7  # writable


def test_bools_arrive_as_zeros_and_ones():
    raw = encode({"x": torch.ones(3, dtype=torch.bool), "a": np.ones(3, dtype=bool)})
    back = decode(raw.replace(b"\x01\x01\x01", b"\x02\xff\x00"))
    for value in (back["x"].view(torch.uint8).tolist(), back["a"].view(np.uint8).tolist()):
        assert value == [1, 1, 0]


def test_a_default_device_changes_nothing():
    x = torch.ones(2, 3).T
    try:
        torch.set_default_device("meta")
        back = decode(encode({"x": x, "empty": x[:0]}))
    finally:
        torch.set_default_device(None)
    assert back["x"].device.type == back["empty"].device.type == "cpu"
    assert torch.equal(back["x"], torch.ones(3, 2)) and back["empty"].shape == (0, 2)


def test_a_tensor_that_lives_in_a_transform_is_refused_by_place():
    def probe(x):
        with pytest.raises(NotPlainError, match=r"r\[1\] is a tensor whose values can't be read"):
            encode({"r": [1, x]})
        return x

    torch.vmap(probe)(torch.ones(3))


def test_limits_hold_when_sending():
    for limits, value, said in (
        (WireLimits(nodes=5), [1] * 9, "too many values"),
        (WireLimits(tensors=2), [torch.ones(1)] * 3, r"value\[2\]: more than 2 tensors"),
        (WireLimits(payload_bytes=1000), [torch.ones(200), torch.ones(200)], r"value\[1\]: too large"),
        (WireLimits(payload_bytes=1000), np.ones(1000), "value: too large"),
        (WireLimits(payload_bytes=1000), [torch.ones(1).expand(200)] * 2, r"value\[1\]: too large"),
        (WireLimits(head_bytes=1000), "x" * 2000, "too large"),
        (WireLimits(keys=3), {1: 1, 2: 2, 3: 3, 4: 4}, "value: a dict of more than 3 keys"),
        (WireLimits(), torch.empty(0, 2**28), "value: too large"),  # its sum over no rows would take 1 GiB
        (WireLimits(), np.empty((0, 2**28)), "value: too large"),
    ):
        with pytest.raises(NotPlainError, match=said):
            encode({"value": value}, limits)
    with pytest.raises(NotPlainError, match="a message of more than 1 keys"):
        encode({"a": 1, "b": 2}, WireLimits(keys=1))
