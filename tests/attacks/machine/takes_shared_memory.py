"""The limit on a process's data counts only what is private."""

import ctypes

EARNS = "10"
STOPPED_BY = ("seccomp",)
EVIDENCE = "exhausted"
BOUND = 300


def attack():
    address = mapped(320 * 2**20, 0x21)
    ctypes.memset(address, 1, 320 * 2**20)
    print(f"{MARK} got 320")
