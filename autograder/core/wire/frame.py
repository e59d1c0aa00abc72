"""The outside of a frame: its prefix, and the bounds of all that is in it."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.errors import WireError

_MAGIC = b"AGW1"
_PREFIX = struct.Struct(">4sQQ")
PREFIX_BYTES = _PREFIX.size
_SMALLEST_HEAD = len(b"{}")
_MIB = 2**20


@dataclass(frozen=True)
class WireLimits:
    """Bounds of a frame.

    Attributes:
        head_bytes, payload_bytes: sizes of the two parts. The second bounds as well what all tensors stand for, their
            expanded dimensions counted in full, and what they take with the gaps between their entries.
        nodes: values in the head, the nested ones and the keys of dicts included.
        depth: nesting of lists, tuples and dicts.
        keys: of one dict. Keys can be chosen so that they meet in its hash table, at a cost of the square of their
            number; 100,000 took 5 s.
        tensors: tensors and arrays together.
        rank: dimensions of each.
    """

    head_bytes: int = 8 * _MIB
    payload_bytes: int = 512 * _MIB
    nodes: int = 200_000
    depth: int = 32
    keys: int = 2**14
    tensors: int = 4096
    rank: int = 8


DEFAULT_LIMITS = WireLimits()


def frame_size(prefix: bytes, limits: WireLimits = DEFAULT_LIMITS) -> int:
    """Bytes of the whole frame that starts with these ``PREFIX_BYTES``; always more than the prefix alone.

    Raises:
        WireError: this is no frame, or a larger one than the limits allow.
    """
    head, payload = part_sizes(prefix, limits)
    return PREFIX_BYTES + head + payload


def part_sizes(prefix: bytes, limits: WireLimits) -> tuple[int, int]:
    """Bytes of head and payload, as the prefix says.

    Raises:
        WireError: this is no frame, or a larger one than the limits allow.
    """
    if len(prefix) < PREFIX_BYTES:
        raise WireError("it is cut short")
    magic, head, payload = _PREFIX.unpack_from(prefix)
    if magic != _MAGIC:
        raise WireError("it does not start like a frame")
    if head < _SMALLEST_HEAD:
        raise WireError("it has no head")
    if head > limits.head_bytes or payload > limits.payload_bytes:
        raise WireError(f"it is too large ({head} + {payload} bytes)")
    return head, payload


def join_frame(head: bytes, payload: Iterable[bytes | memoryview], payload_bytes: int) -> bytes:
    """One frame of a head and the parts of a payload, each copied once."""
    return b"".join((_PREFIX.pack(_MAGIC, len(head), payload_bytes), head, *payload))
