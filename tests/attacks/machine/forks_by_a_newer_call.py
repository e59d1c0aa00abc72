"""The newest way to fork hides what it does behind a pointer, which a filter can't look at."""

import ctypes
import os
import time

EARNS = "10"
STOPPED_BY = ("seccomp",)
EVIDENCE = "exhausted"
BOUND = 0


def attack():
    arguments = (ctypes.c_uint64 * 8)(0, 0, 0, 0, 17)  # 17: SIGCHLD when it ends
    pid = syscall("clone3", arguments, 64)
    if pid == 0:
        time.sleep(0.2)
        os._exit(0)
    print(f"{MARK} got 1")
    os.waitpid(pid, 0)
