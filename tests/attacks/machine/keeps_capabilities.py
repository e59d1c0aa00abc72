"""Root's powers, one by one, may be left to one who is root no more."""

import ctypes

EARNS = "10"
STOPPED_BY = ("own user",)
EVIDENCE = "held"
NEEDS = "root"
HOLDS = "capabilities"


def attack():
    try:
        head = (ctypes.c_uint32 * 2)(0x20080522, 0)
        syscall("capset", head, (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 2, 0, *[0xFFFFFFFF] * 2, 0))
    except OSError:
        pass
    show()
