"""The kernel keeps keys for its users, which outlive their processes; with this one, everybody may do everything."""

import ctypes

EARNS = "10"
STOPPED_BY = ("seccomp",)
EVIDENCE = "left"
NEEDS = "kernel keys"


def attack():
    key = syscall("add_key", b"user", MARK.encode(), b"note", 4, -4)
    syscall("keyctl", 5, key, ctypes.c_uint32(0x3F3F3F3F))
