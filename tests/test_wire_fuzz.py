"""The judge's side of the wire under hostile bytes: values or WireError, in bounded time and memory, and nothing else.

The bulk runs in a process of its own, whose memory is limited: an allocation over the bound fails there and is seen.
The same harness then runs on decoders that were weakened on purpose, and must catch each.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load as load_tensors

from autograder.core import wire
from autograder.core.lease import Lease, WorkerLost
from autograder.core.limits import Limits
from autograder.core.nursery import receive_fork
from autograder.core.wire import decoder as wire_decoder
from autograder.core.wire import frame as wire_frame
from autograder.core.wire import head as wire_head
from autograder.errors import WireError
from tests.test_wire import (
    HOSTILE,
    frame,
    head,
    keys_that_walk,
    parts,
    safetensors,
    tensor,
    tuple_of_small_hash,
    tuples_of_one_hash,
)

ROOT = Path(__file__).resolve().parent.parent
FRAMES = 50_000
SMALL = 2**16  # bytes of a frame
# What decoding a small frame, and one with the largest head or 16 MiB of tensors, may take.
SMALL_SECONDS, SMALL_BYTES = 1.0, 32 * 2**20
LARGE_SECONDS, LARGE_BYTES = 3.0, 96 * 2**20
ID = "0" * 32  # stands for the id of a request


# --- what must hold -----------------------------------------------------------------------------------------------


class Violation(Exception):
    """Decoding did what it promises not to do."""


class TookTooLong(BaseException):
    """No Exception, so that nothing on the way takes it for an error of a library."""


@dataclass
class Verdict:
    """What came of a run.

    Attributes:
        accepted, refused: how many frames ended in values, in WireError.
        slowest: CPU seconds of one frame.
        grown_mb: by how much the process' peak of memory grew.
        violation: what was seen, or None.
    """

    accepted: int = 0
    refused: int = 0
    slowest: float = 0.0
    grown_mb: float = 0.0
    violation: str | None = None


def try_frame(raw: bytes, seconds: float, verdict: Verdict) -> None:
    """Decode a frame and count how it ended.

    Raises:
        Violation: it ended in anything but plain values or WireError, or took too long.
    """
    started = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        values = wire.decode(raw)
    except WireError as error:
        values = None
        _check_cause(error)
    except BaseException as error:
        _lift_limit()  # to have room for words
        raise Violation(f"{type(error).__name__}: {str(error)[:200]}") from error
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    took = time.process_time() - started
    verdict.slowest = max(verdict.slowest, took)
    if took > seconds:
        raise Violation(f"took {took:.1f} s")
    if values is None:
        verdict.refused += 1
        return
    verdict.accepted += 1
    check_plain(values)
    try:
        wire.encode(values)
    except WireError as error:
        raise Violation(f"can't be sent again: {error}") from None


def _check_cause(error: BaseException) -> None:
    """A WireError must not hide that memory ran out."""
    while error.__context__ is not None:
        error = error.__context__
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            raise Violation(f"hides {type(error).__name__}")


def check_plain(values: dict[str, Any]) -> None:
    """Values must be of plain types, within the limits, and no two tensors may share memory."""
    if type(values) is not dict or not all(type(key) is str for key in values):
        raise Violation("not a message")
    tensors: list[torch.Tensor] = []
    for value in values.values():
        _check_value(value, wire.DEFAULT_LIMITS.depth, tensors)
    for value in tensors:
        _check_tensor(value)
    held = [value.untyped_storage() for value in tensors]
    storages = [storage.data_ptr() for storage in held if storage.nbytes()]
    if len(storages) != len(set(storages)):
        raise Violation("tensors share memory")
    claimed = sum(math.prod(max(size, 1) for size in value.shape) * value.element_size() for value in tensors)
    if claimed > wire.DEFAULT_LIMITS.payload_bytes:
        raise Violation("tensors stand for too many numbers")


def _check_value(value: Any, depth: int, tensors: list[torch.Tensor]) -> None:
    kind = type(value)
    if depth < 0:
        raise Violation("nested too deeply")
    if kind in (list, tuple):
        for item in value:
            _check_value(item, depth - 1, tensors)
    elif kind is dict:
        for key, item in value.items():
            _check_value(key, depth - 1, tensors)
            _check_value(item, depth - 1, tensors)
    elif kind is torch.Tensor:
        tensors.append(value)
    elif kind is np.ndarray:
        tensors.append(torch.from_numpy(value))
    elif kind is int:
        if abs(value) > 2**64:
            raise Violation("an int beyond 64 bits")
    elif not isinstance(value, np.generic) and kind not in PLAIN:
        raise Violation(f"a {kind.__name__} came through")


PLAIN = (type(None), bool, float, str, bytes, torch.dtype, torch.device)


def _check_tensor(value: torch.Tensor) -> None:
    if value.device.type != "cpu" or value.requires_grad or value.dim() > wire.DEFAULT_LIMITS.rank:
        raise Violation("a tensor that is not plain")
    if value.numel():
        reach = sum((size - 1) * stride for size, stride in zip(value.shape, value.stride(), strict=True)) + 1
        if (value.storage_offset() + reach) * value.element_size() > value.untyped_storage().nbytes():
            raise Violation("a tensor reaches beyond its memory")
        if value.numel() < SMALL and _overlaps(value):
            raise Violation("a tensor overlaps itself")
    if value.dtype == torch.bool and value.numel() and value.numel() < SMALL and value.view(torch.uint8).max() > 1:
        raise Violation("a bool that is neither 0 nor 1")


def _overlaps(value: torch.Tensor) -> bool:
    """Whether two entries lie in one place, other than by expansion."""
    places = torch.zeros((), dtype=torch.int64)
    for size, stride in zip(value.shape, value.stride(), strict=True):
        places = places.unsqueeze(-1) + torch.arange(size if stride else 1) * stride
    return places.unique().numel() != places.numel()


# --- frames -------------------------------------------------------------------------------------------------------


def valid_values() -> list[dict[str, Any]]:
    """Messages with every kind of value."""
    x = torch.arange(12.0).reshape(3, 4)
    return [
        {"ok": True, "value": x, "changed": []},
        {"ok": False, "lineage": ["ValueError", "Exception"], "summary": "s", "text": "t"},
        {"value": [x.T, x[:, ::2], x[:1].expand(5, 4), x.bool(), x.bfloat16(), torch.empty(0, 3)]},
        {"value": (x.to(torch.complex64), x.to(torch.uint16), x.to(torch.uint64).T, x.double()[None, None])},
        {"value": {"a": 1, 2: -(2**63), None: 2.5, (1, "b"): math.nan, b"c": math.inf, True: [], "d": ()}},
        {"value": [np.ones((2, 3)), np.float32(1.5), np.bool_(True), np.arange(4, dtype=np.uint8), np.complex128(1j)]},
        {"value": [torch.float32, torch.device("cpu"), torch.device("cuda:1"), "\ud800\udc00", "é", b"\0\xff"]},
        {"value": {"nested": [[[[{"deep": [({"er": x},)]}]]]]}, "n": list(range(30)), "t": "text, [with] : marks"},
        {"value": {np.int64(7): 1, np.float64(0.5): x, (np.int64(1), (None,)): torch.tensor(3)}},
    ]


VALID = [wire.encode({"id": ID, **values}) for values in valid_values()]
KNOWN = [raw for raw in HOSTILE.values() if len(raw) <= SMALL]
# Close to bounds; and what stands in a head or in the header of a payload.
NUMBERS = [0, 1, 2, 3, 4, 7, 8, 9, 255, 256, 1023, 2**16, 2**20, 2**28, 2**31, 2**32, 2**47, 2**48, 2**53, 2**62]
NUMBERS += [-number for number in NUMBERS] + [2**63 - 1, 2**63, 2**64, 2**64 + 1, -(2**64) - 1, 10**40]
DTYPES = [*"bool uint8 int64 uint16 float16 bfloat16 float32 complex64 object float8_e5m2".split(), ""]
STORED = [*"BOOL U8 I8 I16 U16 F16 BF16 F32 F64 I64 C64 F8_E4M3 F4 X".split(), ""]
CARRIED = [
    *(("float32", "F32", 4), ("uint8", "U8", 1), ("bool", "BOOL", 1), ("uint16", "I16", 2), ("bfloat16", "BF16", 2)),
    *(("complex64", "F32", 8), ("complex128", "F64", 16)),
]
TAGS = [*"l t d x n s f b u dtype device pickle".split(), ""]
TEXTS = [*"0 1 nan -inf 1e999 0x1p3 1_0 zz ff eda080 cpu cuda:1 cpu:0 meta cuda:99 mps hpu".split(), *DTYPES]
TEXTS += ["\ud800", "é\0", "a" * 40]
TOKENS = [b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b"null", b"NaN", b"1e9", b"-", b"9" * 30, b'["l",', b'["t",']


def frames(rng: random.Random) -> Iterator[bytes]:
    """Hostile frames without end, none larger than ``SMALL``."""
    yield from KNOWN
    makers = [
        anything,
        mutated,
        mutated,
        edited_head,
        edited_head,
        edited_header,
        spliced,
        invented,
        invented,
        prefixed,
    ]
    while True:
        raw = rng.choice(makers)(rng)
        if rng.random() < 0.1:
            raw = damaged(rng, raw)
        if len(raw) <= SMALL:
            yield raw


def anything(rng: random.Random) -> bytes:
    """Bytes of no form, some behind a good prefix."""
    data = rng.randbytes(rng.randrange(200))
    return data if rng.random() < 0.3 else frame(data, rng.randbytes(rng.choice([0, 8, 100])))


def mutated(rng: random.Random) -> bytes:
    """A valid or known frame with damage, its prefix set right in half of the cases."""
    raw = rng.choice(VALID + KNOWN)
    if rng.random() < 0.5 or len(raw) < wire.PREFIX_BYTES:
        return damaged(rng, raw)
    start, payload = parts(raw)
    if rng.random() < 0.5:
        start = damaged(rng, start)
    else:
        payload = damaged(rng, payload)
    return frame(start, payload)


def damaged(rng: random.Random, raw: bytes) -> bytes:
    """Bits flipped, bytes cut, added, repeated, and tokens of JSON put in."""
    data = bytearray(raw)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        at, count = rng.randrange(len(data) + 1), rng.choice([1, 2, 8, 20])
        kind = rng.randrange(6)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at : at + count]
        elif kind == 2:
            data[at:at] = rng.randbytes(count)
        elif kind == 3:
            data[at:at] = data[at : at + count]
        elif kind == 4:
            data[at : at + rng.randrange(2)] = rng.choice(TOKENS)
        else:
            del data[at:]
    return bytes(data)


def prefixed(rng: random.Random) -> bytes:
    """A frame whose prefix says other sizes."""
    magic, head, payload = struct.unpack(">4sQQ", (raw := rng.choice(VALID))[: wire.PREFIX_BYTES])
    sizes = [
        rng.choice([size, size - 1, size + 1, abs(rng.choice(NUMBERS)) % 2**64]) % 2**64 for size in (head, payload)
    ]
    if rng.random() < 0.3:  # the same bytes, divided elsewhere
        sizes[0] = rng.randrange(head + payload + 1)
        sizes[1] = head + payload - sizes[0]
    return struct.pack(">4sQQ", magic, *sizes) + raw[wire.PREFIX_BYTES :]


def spliced(rng: random.Random) -> bytes:
    """Two frames made one: by bytes, or the head of one on the payload of the other."""
    one, other = rng.choice(VALID), rng.choice(VALID)
    if rng.random() < 0.5:
        return one[: rng.randrange(len(one))] + other[rng.randrange(len(other)) :]
    return frame(parts(one)[0], parts(other)[1])


def edited_head(rng: random.Random) -> bytes:
    """A valid frame with parts of its head exchanged, still JSON."""
    start, payload = parts(rng.choice(VALID))
    message = json.loads(start)
    for _ in range(rng.choice([1, 1, 2, 4])):
        _edit(rng, message)
    return frame(json.dumps(message).encode(), payload)


def _edit(rng: random.Random, message: dict[str, Any]) -> None:
    """Change one place in a tree of lists, dicts and atoms."""
    places = [(message, key) for key in message]
    for holder, key in places:
        inner = holder[key]
        if isinstance(inner, list):
            places += [(inner, i) for i in range(len(inner))]
        elif isinstance(inner, dict):
            places += [(inner, name) for name in inner]
    if not places:
        return
    (holder, key), (source, name) = rng.choice(places), rng.choice(places)
    kind = rng.randrange(5)
    if kind == 0:
        # Through JSON, so that no tree comes to hold itself.
        holder[key] = json.loads(json.dumps(source[name]))
    elif kind == 1 and isinstance(holder, list):
        del holder[key]
    elif kind == 2 and isinstance(holder, list):
        holder.insert(key, json.loads(json.dumps(source[name])))
    elif isinstance(holder[key], int):
        holder[key] = rng.choice(NUMBERS)
    else:
        holder[key] = _atom(rng)


def _atom(rng: random.Random) -> Any:
    return rng.choice([None, True, [], {}, "", 1.5, rng.choice(NUMBERS), rng.choice(TEXTS), rng.choice(TAGS)])


def edited_header(rng: random.Random) -> bytes:
    """A valid frame with parts of its payload's header exchanged, or said twice."""
    start, payload = parts(rng.choice([raw for raw in VALID if parts(raw)[1]]))
    size = int.from_bytes(payload[:8], "little")
    header, data = json.loads(payload[8 : 8 + size]), payload[8 + size :]
    for _ in range(rng.choice([1, 1, 2])):
        name = rng.choice([*header, "new"])
        if type(header.get(name)) is not dict:
            header[name] = tensor()
        entry = header[name]
        kind = rng.randrange(5)
        if kind == 0:
            entry["dtype"] = rng.choice(STORED)
        elif kind == 1:
            entry["shape"] = [rng.choice(NUMBERS) for _ in range(rng.choice([0, 1, 2, 9, 2000]))]
        elif kind == 2:
            entry["data_offsets"] = [rng.choice([*NUMBERS, len(data)]) for _ in range(2)]
        elif kind == 3:
            header["__metadata__"] = {"a": rng.choice(TEXTS)}
        else:
            _edit(rng, header)
    text = json.dumps(header).encode()
    if rng.random() < 0.2:
        text = text[:-1] + b"," + text[1:]
    return frame(start, safetensors(text, data))


def invented(rng: random.Random) -> bytes:
    """A head made from the grammar, with a payload that fits its tensors more often than not."""
    stored: dict[str, Any] = {}
    data = bytearray()
    message = {rng.choice("abc"): _invented_value(rng, rng.choice([1, 2, 3, 40]), stored, data) for _ in range(2)}
    text = json.dumps(message).encode()
    return frame(text, safetensors(stored, bytes(data)) if stored else b"")


def _invented_value(rng: random.Random, depth: int, stored: dict[str, Any], data: bytearray) -> Any:
    kind = rng.random()
    if kind < 0.25:
        return _invented_tensor(rng, stored, data)
    if kind < 0.35 or depth == 0:
        return _atom(rng)
    if kind < 0.5:
        return [rng.choice(TAGS), rng.choice(TEXTS)]
    if kind < 0.53:
        return _clashing_keys(stored, data)
    if kind < 0.55:
        return ["l", *[["t", 0, i] for i in range(rng.choice([10, 3000]))]]
    # Narrow where it is deep, so that frames stay small.
    width = rng.randrange(4) if depth < 4 else 1
    return [rng.choice("ltd"), *[_invented_value(rng, depth - 1, stored, data) for _ in range(width)]]


def _clashing_keys(stored: dict[str, Any], data: bytearray) -> Any:
    """A dict with a tuple and a NumPy scalar of the same hash."""
    pair, key = tuple_of_small_hash(), str(len(stored))
    stored[key] = tensor("I64", [], (len(data), len(data) + 8))
    data += struct.pack("<q", hash(pair))
    return ["d", ["t", *pair], 1, ["s", key, "int64", []], 2]


def _invented_tensor(rng: random.Random, stored: dict[str, Any], data: bytearray) -> Any:
    name, dtype, size = rng.choice(CARRIED)
    shape = [rng.choice([0, 1, 1, 2, 3, 5]) for _ in range(rng.randrange(4))]
    strides = rng.choice([None, None, [rng.choice([0, 1, 2, 6, 100, 2**24, *NUMBERS]) for _ in shape]])
    kept = shape
    if strides is not None:
        kept = [1 if step == 0 else size for size, step in zip(shape, strides, strict=True)]
        shape = [
            5 * 2 ** rng.choice([0, 20, 40]) if step == 0 else size for size, step in zip(shape, strides, strict=True)
        ]
    if rng.random() < 0.1:
        shape = kept = [*shape, 0, rng.choice(NUMBERS[:20])]
        strides = None
    key, count = str(len(stored)), math.prod(kept)
    end = len(data) + count * size
    inner = [*kept, 2] if "complex" in name else kept
    stored[key] = tensor(dtype, inner, (len(data), end))
    data += rng.randbytes(count * size)
    if rng.random() < 0.1:
        key, name = rng.choice(["0", "1", key]), rng.choice(DTYPES)
    if rng.random() < 0.3 and strides is None:
        return [rng.choice("ns"), key, name, shape]
    return ["x", key, name, shape, strides, rng.choice(["", "", "cuda:0", "cpu", rng.choice(TEXTS)])]


def large_frames() -> Iterator[bytes]:
    """Frames with as much in them as fits: those that are refused late, and those that are accepted."""
    yield from (raw for raw in HOSTILE.values() if len(raw) > SMALL)
    room = wire.DEFAULT_LIMITS.head_bytes - 100
    yield frame(b'{"a":["l"' + b',"ab"' * 10**6 + b"]}", b"")
    yield frame(b'{"a":["l"' + b",[]" * 10**6 + b"]}", b"")
    yield frame(b'{"a":["l"' + b',["l"]' * 190_000 + b"]}", b"")
    yield frame(b'{"a":["l"' + b',["f","1.5"]' * 190_000 + b"]}", b"")
    yield frame(b'{"a":"' + b"x" * room + b'"}', b"")
    yield frame(b'{"a":"' + b"\\ud83d\\ude00" * (room // 12) + b'"}', b"")
    yield frame(b'{"a":["u","' + b"61" * (room // 2) + b'"]}', b"")
    yield frame(
        b'{"a":["l"' + (b',["d"' + b"".join(b",%d,0" % key for key in keys_that_walk(14)) + b"]") * 9 + b"]}", b""
    )
    crowds = [x for pair in tuples_of_one_hash(64) for x in (["t", *pair], 0)]
    yield frame(head(a=["l", *[["d", *crowds]] * 600]), b"")
    yield wire.encode({"x": torch.ones(2**22)})
    yield wire.encode({"gaps": [torch.ones(64, dtype=torch.complex128)[::4] for _ in range(4096)]})


# --- a process that counts ----------------------------------------------------------------------------------------


class Anything:
    """Equals whatever it is compared with."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = None


def _forget_names() -> None:
    stored = wire_decoder._Decoder.stored

    def forgetful(self: Any, key: Any, *rest: Any) -> torch.Tensor:
        self.used.discard(str(key))
        return stored(self, key, *rest)

    wire_decoder._Decoder.stored = forgetful


def _keep_bools() -> None:
    as_dtype = wire_decoder._as_dtype
    wire_decoder._as_dtype = lambda value, dtype: value if dtype is torch.bool else as_dtype(value, dtype)


def _with_any_gaps(shape: tuple[int, ...], strides: tuple[int, ...]) -> int | None:
    span = 1
    for stride, size in sorted(
        (stride, size) for stride, size in zip(strides, shape, strict=True) if size > 1 and stride
    ):
        if stride < span:
            return None
        span += stride * (size - 1)
    return span


def _loose_limits(**bounds: int) -> Callable[[], None]:
    strict = wire.decode
    return lambda: setattr(wire, "decode", lambda raw: strict(raw, wire.WireLimits(**bounds)))


def _in_decoder(name: str, value: Any) -> Callable[[], None]:
    return lambda: setattr(wire_decoder, name, value)


def _in_head(name: str, value: Any) -> Callable[[], None]:
    return lambda: setattr(wire_head, name, value)


# What is taken from the decoder, whether only large frames show it, and what the harness must then say.
WEAKENED: dict[str, tuple[Callable[[], None], bool, str]] = {
    "errors of JSON get out": (
        _in_decoder("read_head", lambda head, limits: dict(json.loads(head, object_pairs_hook=tuple))),
        False,
        "JSONDecodeError",
    ),
    "errors of safetensors get out": (
        _in_decoder("read_payload", lambda payload, limits: load_tensors(payload) if payload else {}),
        False,
        "SafetensorError",
    ),
    "ints without bound": (
        _in_head("_parse", json.JSONDecoder(object_pairs_hook=tuple, parse_float=wire_head._no_number).decode),
        False,
        "int beyond 64 bits",
    ),
    "commas and brackets without bound": (
        _in_head("_is_bounded", lambda head, limits: head.count(b":") <= limits.keys),
        True,
        "MemoryError",
    ),
    "gaps without bound": (_in_decoder("storage_elements", _with_any_gaps), False, "can't allocate memory"),
    "strides that overlap": (
        _in_decoder("storage_elements", lambda shape, steps: 2048),
        False,
        "overlaps itself|out of bounds",
    ),
    "expansion without bound": (_in_decoder("claimed_bytes", lambda *_: 0), False, "stand for too many"),
    "a tensor named twice": (_forget_names, False, "share memory"),
    "shapes and dtypes not compared": (_in_decoder("carried", lambda *_: Anything()), False, "RuntimeError"),
    "bools as they come": (_keep_bools, False, "neither 0 nor 1"),
    "keys compared unguarded": (_in_decoder("_holds", lambda found, key: key in found), False, "ValueError"),
    "keys of one hash without bound": (
        lambda: (setattr(wire_decoder, "_SAME_HASH", 10**9), _loose_limits(keys=10**9)()),
        True,
        "TookTooLong|took",
    ),
    "nesting without bound": (_loose_limits(depth=10**9), False, "nested too deeply"),
}


def run(case: str, count: int) -> Verdict:
    """Try frames under a limit of memory, on the decoder or on a weakened one, until one violates what must hold."""
    weaken, large, _ = WEAKENED.get(case, (lambda: None, case == "large", ""))
    source = iter(list(large_frames())) if large else frames(random.Random(0))
    weaken()
    verdict = Verdict()
    signal.signal(signal.SIGPROF, _too_long)
    Path("/proc/self/clear_refs").write_text("5")  # the peak of memory starts anew
    bound = _status("VmData") + (LARGE_BYTES if large else SMALL_BYTES)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, resource.RLIM_INFINITY))
    before = _status("VmRSS")
    for raw in itertools.islice(source, count):
        try:
            try_frame(raw, LARGE_SECONDS if large else SMALL_SECONDS, verdict)
        except Violation as error:
            verdict.violation = f"{error}: a frame of {len(raw)} bytes, {raw[:300]!r}"
            break
    verdict.grown_mb = (_status("VmHWM") - before) / 2**20
    return verdict


def _lift_limit() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _status(field: str) -> int:
    """Bytes, as the kernel counts them for this process."""
    found = re.search(rf"^{field}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def _too_long(*_: object) -> None:
    raise TookTooLong


def main(count: str, *cases: str) -> None:
    """Entry point of the process: print a verdict, in JSON, for each case; each runs in a fork of its own."""
    torch.set_num_threads(1)
    for case in cases:
        read, write = os.pipe()
        if (pid := os.fork()) == 0:
            os.write(write, json.dumps(asdict(run(case, int(count)))).encode())
            os._exit(0)
        os.close(write)
        with open(read, "rb") as stream:
            said = stream.read()
        _, status = os.waitpid(pid, 0)
        died = Verdict(violation=f"the process died ({os.waitstatus_to_exitcode(status)})")
        print(said.decode() or json.dumps(asdict(died)), flush=True)


def verdicts(count: int, *cases: str) -> list[Verdict]:
    command = [sys.executable, "-m", "tests.test_wire_fuzz", str(count), *cases]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=150)
    assert done.returncode == 0, done.stderr
    return [Verdict(**json.loads(line)) for line in done.stdout.splitlines()]


def test_many_hostile_frames_end_in_values_or_in_one_error():
    [verdict] = verdicts(FRAMES, "small")
    assert verdict.violation is None, verdict
    assert verdict.accepted + verdict.refused == FRAMES
    # Frames that are all refused at the door, or all accepted, would show little.
    assert FRAMES // 20 < verdict.accepted < FRAMES // 2, verdict
    assert verdict.grown_mb * 2**20 < SMALL_BYTES


def test_the_largest_frames_stay_within_their_bound():
    [verdict] = verdicts(FRAMES, "large")
    assert verdict.violation is None, verdict
    assert verdict.accepted >= 6, verdict
    assert verdict.grown_mb * 2**20 < LARGE_BYTES


@pytest.fixture(scope="module")
def weakened() -> dict[str, Verdict]:
    return dict(zip(WEAKENED, verdicts(FRAMES, *WEAKENED), strict=True))


@pytest.mark.parametrize("what", WEAKENED)
def test_a_weakened_decoder_is_caught(weakened, what):
    violation = weakened[what].violation
    assert violation is not None, f"{weakened[what]}: nothing was seen"
    assert re.search(WEAKENED[what][2], violation), violation


# --- found by shrinking search ------------------------------------------------------------------------------------

FIXED = [torch.arange(4.0).reshape(2, 2), torch.ones(3, dtype=torch.bool), torch.tensor(2, dtype=torch.int16)]
PAYLOAD = parts(wire.encode({"x": FIXED}))[1]
SIZES = st.integers(-1, 4) | st.sampled_from(NUMBERS)
TENSORS = st.tuples(
    st.sampled_from("xns"),
    st.sampled_from("0123"),
    st.sampled_from(DTYPES),
    st.lists(SIZES, max_size=3),
    st.none() | st.lists(SIZES, max_size=3),
    st.sampled_from(["", "cuda:0", "cpu:١"]),
).map(lambda t: [*t] if t[0] == "x" else [*t[:4]])
HEADS = st.recursive(
    TENSORS | st.none() | st.booleans() | SIZES | st.text(max_size=3) | st.tuples(st.sampled_from(TAGS), st.text()),
    lambda inner: st.tuples(st.sampled_from("ltd"), st.lists(inner, max_size=4)).map(lambda t: [t[0], *t[1]]),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(HEADS)
def test_heads_made_from_the_grammar_end_in_values_or_in_one_error(tree):
    # All three tensors are named, so that a tree without any is not refused for that alone.
    names = [
        ["x", "0", "float32", [2, 2], None, ""],
        ["x", "1", "bool", [3], None, ""],
        ["x", "2", "int16", [], None, ""],
    ]
    for message, payload in (({"a": tree}, PAYLOAD), ({"a": tree, "rest": ["l", *names]}, PAYLOAD), ({"a": tree}, b"")):
        try:
            values = wire.decode(frame(json.dumps(message).encode(), payload))
        except WireError:
            continue
        check_plain(values)


# --- over a socket ------------------------------------------------------------------------------------------------


@dataclass
class Worker:
    """A worker played by a thread.

    Attributes:
        channel: its end of the wire.
        output: where it prints.
    """

    channel: socket.socket
    output: int

    def request(self) -> dict[str, Any]:
        """Take the request whole."""
        size = wire.frame_size(self.channel.recv(wire.PREFIX_BYTES, socket.MSG_WAITALL | socket.MSG_PEEK))
        return wire.decode(self.channel.recv(size, socket.MSG_WAITALL))

    def reply(self, **values: Any) -> None:
        """Answer as one should, except for what ``values`` says otherwise."""
        self.channel.sendall(wire.encode({"id": self.request()["id"], "ok": True, **values}))

    def send(self, raw: bytes) -> None:
        """Take the request, then send these bytes."""
        self.request()
        self.channel.sendall(raw)

    def flood(self, start: bytes = b"") -> None:
        """Take the request, send these bytes, then send on until the judge hangs up."""
        self.send(start + bytes(2**20))
        while True:
            self.channel.sendall(bytes(2**20))

    def wait(self) -> None:
        """Until the judge hangs up."""
        while self.channel.recv(2**16):
            pass


@contextmanager
def leased(play: Callable[[Worker], None], *, ends: int | None = 0) -> Iterator[Lease]:
    """A lease on a worker that does as ``play`` says and then ends; the nursery says how, or (None) nothing."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    thread = threading.Thread(target=_play, args=(theirs, play, ends), daemon=True)
    thread.start()
    with ours:
        lease = Lease(ours, ROOT, ROOT, Limits(output_kb=64))
    try:
        yield lease
    finally:
        lease.close()
        thread.join(10)
    assert not thread.is_alive()


def _play(control: socket.socket, play: Callable[[Worker], None], ends: int | None) -> None:
    with control:
        fork = receive_fork(control)
    assert fork is not None
    with socket.socket(fileno=fork.lease) as life:
        life.send(b'{"pid": 1}\n')
        with socket.socket(fileno=fork.wire) as channel:
            with suppress(OSError):
                play(Worker(channel, fork.output))
            if ends is not None:
                with suppress(OSError):
                    life.send(b'{"exit": %d}\n' % ends)
        os.close(fork.output)
        with suppress(OSError):
            life.recv(1)  # the nursery lives on


def exchanged(lease: Lease, seconds: float, **values: Any) -> tuple[dict[str, Any] | WorkerLost, float]:
    """What came of an exchange, and how long it took."""
    started = time.monotonic()
    try:
        outcome: dict[str, Any] | WorkerLost = lease.exchange({"op": "run", **values}, seconds)
    except WorkerLost as lost:
        outcome = lost
    return outcome, time.monotonic() - started


def byte_by_byte(worker: Worker) -> None:
    for byte in wire.encode({"id": worker.request()["id"]}):
        worker.channel.sendall(bytes([byte]))


def slowly(worker: Worker, raw: bytes, pause: float) -> None:
    worker.request()
    for byte in raw:
        worker.channel.sendall(bytes([byte]))
        time.sleep(pause)


def prefix(head_bytes: int, payload_bytes: int) -> bytes:
    return struct.pack(">4sQQ", b"AGW1", head_bytes, payload_bytes)


SECONDS = 0.5
ANSWERS: dict[str, Callable[[Worker], None]] = {
    "an answer": lambda worker: worker.reply(value=1),
    "an answer byte by byte": byte_by_byte,
    "an answer in large pieces": lambda worker: worker.reply(value=torch.ones(2**20)),
    "an answer after some output": lambda worker: (os.write(worker.output, b"text"), worker.reply()),
}
# What a worker does, and what is said of it.
LOST: dict[str, tuple[Callable[[Worker], None], str]] = {
    "nothing": (Worker.wait, "did not finish within 0.5 s"),
    "nothing, and reads nothing": (lambda worker: time.sleep(2 * SECONDS), "did not finish within 0.5 s"),
    "bytes that come slowly for ever": (
        lambda worker: slowly(worker, prefix(1000, 0) + bytes(900), 0.01),
        "did not finish",
    ),
    "half a frame": (lambda worker: (worker.send(VALID[0][:50]), worker.wait()), "did not finish"),
    "half a prefix": (lambda worker: (worker.send(VALID[0][:9]), worker.wait()), "did not finish"),
    "half a frame, then its end": (lambda worker: worker.send(VALID[0][:50]), "ended the process"),
    "the end of what it sends": (
        lambda worker: (worker.send(b""), worker.channel.shutdown(socket.SHUT_WR), worker.wait()),
        "closed the connection",
    ),
    "claims 2^60 bytes": (lambda worker: worker.flood(prefix(2**60, 0)), "too large"),
    "claims nothing, then floods": (lambda worker: worker.flood(prefix(0, 0)), "no head"),
    "claims little, then floods": (lambda worker: worker.flood(prefix(2, 0) + b"{}"), "more bytes follow it"),
    "floods without a prefix": (Worker.flood, "does not start like a frame"),
    "floods its output": (
        lambda worker: [os.write(worker.output, bytes(2**16)) for _ in range(10**6)],
        "printed more than",
    ),
    "one byte too many": (lambda worker: worker.send(frame(b"{}", b"") + b"x"), "more bytes follow it"),
    "two frames": (lambda worker: worker.send(2 * VALID[0]), "more bytes follow it"),
    "no JSON": (lambda worker: worker.send(frame(b"hello", b"")), "no JSON"),
    "another id": (lambda worker: worker.send(VALID[0]), "another id"),
    "no id": (lambda worker: worker.send(frame(b"{}", b"")), "another id"),
    "an id that is a tensor": (lambda worker: worker.reply(id=torch.ones(2)), "another id"),
    "an id that is an array": (lambda worker: worker.reply(id=np.ones(2)), "another id"),
    "an id that is an empty array": (lambda worker: worker.reply(id=np.ones(0)), "another id"),
    "an id in a list": (lambda worker: worker.reply(id=["0"]), "another id"),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_an_answer_arrives_however_it_is_sent(what):
    with leased(ANSWERS[what]) as lease:
        outcome, _ = exchanged(lease, 20.0)
        assert type(outcome) is dict and "id" not in outcome
        assert lease.is_quiet() or lease.close() is None


@pytest.mark.parametrize("what", LOST)
def test_a_hostile_worker_is_lost_in_time(what):
    play, said = LOST[what]
    with leased(play, ends=None if "connection" in said else 3) as lease:
        # Larger than what the socket holds: it must not matter whether anyone reads it.
        seconds = SECONDS if "did not finish" in said else 20.0
        outcome, took = exchanged(lease, seconds, args=torch.ones(2**20))
        assert type(outcome) is WorkerLost
        assert said in str(outcome)
        assert took < seconds + 2.5  # the nursery has two seconds to say how the process ended


def test_an_answer_before_the_request_was_sent_is_none():
    with leased(lambda worker: (worker.channel.sendall(VALID[0]), worker.wait())) as lease:
        outcome, _ = exchanged(lease, 20.0, args=torch.ones(2**22))
        assert "before the request was sent" in str(outcome)


@pytest.mark.parametrize("start", [prefix(0, 0), prefix(2, 0), prefix(2**60, 0), b""])
def test_a_flood_takes_no_memory(start):
    flood = bytes(2**24)
    with leased(lambda worker: (worker.send(start), worker.channel.sendall(flood))) as lease:
        tracemalloc.start()
        try:
            outcome, _ = exchanged(lease, 20.0)
            assert type(outcome) is WorkerLost
            assert tracemalloc.get_traced_memory()[1] < 2**21
        finally:
            tracemalloc.stop()


def test_a_flood_behind_a_prefix_without_a_head_would_take_memory(monkeypatch):
    """What the test above sees where such a prefix is let in: the judge waits for more than nothing, for ever."""
    monkeypatch.setattr(wire_frame, "_SMALLEST_HEAD", 0)
    flood = bytes(2**24)
    with leased(lambda worker: (worker.send(prefix(0, 0)), worker.channel.sendall(flood))) as lease:
        tracemalloc.start()
        try:
            exchanged(lease, 20.0)
            assert tracemalloc.get_traced_memory()[1] >= 2**24
        finally:
            tracemalloc.stop()


def test_hostile_frames_over_a_socket_end_in_an_answer_or_a_lost_worker():
    answered = 0
    for seed in range(600):
        rng = random.Random(seed)
        raw = next(itertools.islice(frames(rng), len(KNOWN), None)) if seed % 3 else rng.choice(VALID)
        with leased(
            lambda worker, rng=rng, raw=raw: _send_in_pieces(worker, raw, rng), ends=rng.choice([0, 1, -9, -11])
        ) as lease:
            outcome, took = exchanged(lease, 10.0)
            assert took < 10.0  # each such worker ends, so there is nothing to wait for
            if type(outcome) is dict:
                answered += 1
                check_plain(outcome)
    assert 100 < answered < 400


def _send_in_pieces(worker: Worker, raw: bytes, rng: random.Random) -> None:
    """Send a frame, with the right id if it has any, in pieces between output, some cut short or with more behind."""
    raw = raw.replace(ID.encode(), worker.request()["id"].encode())
    raw = rng.choice([raw, raw, raw, raw[: rng.randrange(len(raw) + 1)], raw + rng.randbytes(rng.randrange(100))])
    while raw:
        if rng.random() < 0.2:
            os.write(worker.output, rng.randbytes(100))
        count = rng.choice([1, 20, 100, len(raw)])
        worker.channel.sendall(raw[:count])
        raw = raw[count:]


if __name__ == "__main__":
    main(*sys.argv[1:])
