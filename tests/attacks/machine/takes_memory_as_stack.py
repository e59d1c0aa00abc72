"""Memory that grows downwards counts as stack, and a limit on data does not see it."""

import ctypes

EARNS = "10"
STOPPED_BY = ("seccomp",)
EVIDENCE = "exhausted"
BOUND = 300


def attack():
    address = mapped(320 * 2**20, 0x22 | 0x100)
    ctypes.memset(address, 1, 320 * 2**20)
    print(f"{MARK} got 320")
