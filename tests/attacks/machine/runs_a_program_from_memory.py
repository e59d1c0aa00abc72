"""A program that is in no file system is under no rule about files."""

import ctypes
import os
import struct

# Should it ever work, the worker is gone, and with it the points of the function that does it.
EARNS = "10"
STOPPED_BY = ("seccomp",)
EVIDENCE = "ran"
NEEDS = "x86_64"

# nanosleep(time, NULL); exit(0); time: 0.5 s
CODE = "b823000000 488d3d0d000000 31f6 0f05 b83c000000 31ff 0f05 0000000000000000 0065cd1d00000000"


def attack():
    code = bytes.fromhex(CODE)
    start = 0x400000
    head = b"\x7fELF\2\1\1" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, start + 120, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    head += struct.pack("<IIQQQQQQ", 1, 5, 0, start, start, 120 + len(code), 120 + len(code), 4096)
    program = syscall("memfd_create", b"program", 0)
    os.write(program, head + code)
    arguments = (ctypes.c_char_p * 2)(MARK.encode(), None)
    checked(libc.fexecve(program, arguments, (ctypes.c_char_p * 1)(None)))
