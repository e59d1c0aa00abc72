"""I print until the grader's memory is full."""

import os

EARNS = "4"
STOPPED_BY = "bounds"
FOOLS = "rig: endless output"


def double(x):
    block = b"x" * 2**20
    for _ in range(200):
        os.write(1, block)
    return x


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
