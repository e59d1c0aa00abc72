"""A frame that says it holds a terabyte, and the first gigabytes of it."""

import os
import struct

EARNS = "4"
STOPPED_BY = "bounds"
FOOLS = "rig: no bounds"


def double(x):
    os.write(3, struct.pack(">4sQQ", b"AGW1", 16, 2**40))
    block = bytes(2**20)
    while True:
        os.write(3, block)


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
