"""Mapping /dev/zero is the old way to share memory, and no limit on data sees it."""

import ctypes
import os

EARNS = "10"
STOPPED_BY = ("Landlock",)
EVIDENCE = "exhausted"
BOUND = 300


def attack():
    address = mapped(320 * 2**20, 0x01, descriptor=os.open("/dev/zero", os.O_RDWR))
    ctypes.memset(address, 1, 320 * 2**20)
    print(f"{MARK} got 320")
