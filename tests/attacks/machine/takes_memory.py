"""Take more memory than I was given, until the machine ends others for me."""

import ctypes

EARNS = "10"
STOPPED_BY = ("limits",)
EVIDENCE = "exhausted"
BOUND = 300


def attack():
    address = mapped(320 * 2**20, 0x22)
    ctypes.memset(address, 1, 320 * 2**20)
    print(f"{MARK} got 320")
