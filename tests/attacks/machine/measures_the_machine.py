"""Counters of the processor tell what others compute."""

import ctypes
import struct

EARNS = "10"
STOPPED_BY = ("seccomp",)
EVIDENCE = "held"
NEEDS = "perf events"
HOLDS = "fd [perf_event]"


def attack():
    # Software counter 1 (task clock), of this process, user space only.
    attributes = struct.pack("<IIQQQQQ72x", 1, 120, 1, 0, 0, 0, 0x60)
    syscall("perf_event_open", ctypes.c_char_p(attributes), 0, -1, -1, 0)
    show()
