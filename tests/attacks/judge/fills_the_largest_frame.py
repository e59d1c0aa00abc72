"""The largest frame that is allowed, from a process that may use far less memory than that."""

import json
import os
import struct
import sys

import torch

EARNS = "4"
STOPPED_BY = "bounds"
FOOLS = "rig: no bounds"
SAID = "too large"


def own_id():
    look = sys._getframe()
    while look is not None and not isinstance(look.f_locals.get("request"), dict):
        look = look.f_back
    return look.f_locals["request"]["id"] if look else "0" * 32


def double(x):
    if x.dtype == torch.float32 or not x.is_contiguous():
        return x  # once is enough
    entries = 2**26 - 1000
    table = json.dumps({"0": {"dtype": "F64", "shape": [entries], "data_offsets": [0, 8 * entries]}}).encode()
    value = ["x", "0", "float64", [entries], None, ""]
    head = json.dumps({"id": own_id(), "ok": True, "value": value, "changed": ["l"]}).encode()
    os.write(3, struct.pack(">4sQQ", b"AGW1", len(head), 8 + len(table) + 8 * entries) + head)
    os.write(3, struct.pack("<Q", len(table)) + table)
    block = bytes(2**20)
    left = 8 * entries
    while left:
        left -= os.write(3, block[:left])
    os._exit(0)


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
