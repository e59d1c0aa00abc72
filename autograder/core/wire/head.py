"""The head of a frame: a JSON object of texts, bounded integers and lists, bounded before it is parsed."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from autograder.core.wire.frame import WireLimits
from autograder.core.wire.kinds import INTEGER_BOUND
from autograder.errors import WireError

_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)

write_head = json.JSONEncoder(separators=(",", ":"), check_circular=False, allow_nan=False).encode


def read_head(head: bytes, limits: WireLimits) -> dict[str, Any]:
    """The message of a head, as JSON has it: its values are still to be decoded.

    Raises:
        WireError: it is no JSON, or holds more than the limits allow.
    """
    if not _is_bounded(head, limits) and not _is_bounded(_TEXT.sub(b"", head), limits):
        raise WireError(f"it holds more than {limits.nodes} values, or {limits.keys} keys")
    try:
        message = _parse(head.decode("ascii"))
    except (ValueError, RecursionError):
        raise WireError("its head is no JSON") from None
    if type(message) is not tuple:
        raise WireError("its head is no object")
    found = dict(message)
    if len(found) != len(message):
        raise WireError("its head repeats a key")
    return found


def _is_bounded(head: bytes, limits: WireLimits) -> bool:
    """Whether so many commas, brackets and colons make no more values than allowed.

    Each value but the first of a list or object follows a comma. Only the message itself has colons.
    """
    marks = head.count(b",") + head.count(b"[")
    return marks <= 4 * limits.nodes + 64 * limits.tensors and head.count(b":") <= limits.keys


def _no_number(text: str) -> NoReturn:
    raise WireError(f"its head holds the bare number {text[:20]}")


def _bounded_int(text: str) -> int:
    if len(text) > 21 or abs(number := int(text)) > INTEGER_BOUND:
        raise WireError("an int beyond 64 bits")
    return number


# An object becomes the tuple of its pairs, which no other JSON makes, so that one inside the message is seen.
_parse = json.JSONDecoder(
    object_pairs_hook=tuple, parse_float=_no_number, parse_constant=_no_number, parse_int=_bounded_int
).decode
