"""No frame, a head that is no JSON, a payload that is no list of tensors: something must crash."""

import json
import os
import struct
import sys

import torch

EARNS = "4"
STOPPED_BY = "fail closed"
FOOLS = "parsed pipe"


def frame(message, payload=b""):
    head = json.dumps(message).encode()
    return struct.pack(">4sQQ", b"AGW1", len(head), len(payload)) + head + payload


def own_id():
    look = sys._getframe()
    while look is not None and not isinstance(look.f_locals.get("request"), dict):
        look = look.f_back
    return look.f_locals["request"]["id"] if look else "0" * 32


def double(x):
    answer = {"id": own_id(), "ok": True, "changed": ["l"], "value": ["x", "0", "float64", [1], None, ""]}
    if x.dtype == torch.float32:
        os.write(3, b"garbage " * 100)
    elif x.is_contiguous():
        os.write(3, struct.pack(">4sQQ", b"AGW1", 9, 0) + b"[[[[[[[[[")
    else:
        os.write(3, frame(answer, struct.pack("<Q", 2**60) + b"{}"))
    os._exit(0)


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
