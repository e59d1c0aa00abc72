"""Half a frame, and I leave; half a frame, and I fall asleep; a head of brackets alone: someone waits or crashes."""

import json
import os
import struct
import sys
import time

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
    half = frame({"id": own_id(), "ok": True, "changed": ["l"], "value": ["f", "2"]})[:-3]
    if x.dtype == torch.float32:
        os.write(3, half)
        time.sleep(5)
    elif x.is_contiguous():
        os.write(3, half)
    else:
        os.write(3, struct.pack(">4sQQ", b"AGW1", 6 * 10**6, 0) + b"[" * (6 * 10**6))
    os._exit(0)


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
