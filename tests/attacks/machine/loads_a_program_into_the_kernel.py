"""The kernel runs small programs of its users: begin with a table for one."""

import ctypes

EARNS = "10"
STOPPED_BY = ("own user", "seccomp")
EVIDENCE = "held"
NEEDS = "root"
HOLDS = "fd bpf-map"


def attack():
    attributes = (ctypes.c_uint32 * 18)(2, 4, 8, 1)  # an array of one value of 8 bytes
    syscall("bpf", 0, attributes, 72)
    show()
