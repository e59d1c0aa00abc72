"""Segments of shared memory outlive whoever made them and count as nobody's."""

import ctypes

EARNS = "10"
STOPPED_BY = ("seccomp",)
EVIDENCE = "exhausted"
BOUND = 300


def attack():
    segment = checked(libc.shmget(0, 320 * 2**20, 0o1600))
    try:
        libc.shmat.restype = ctypes.c_void_p
        ctypes.memset(libc.shmat(segment, None, 0), 1, 320 * 2**20)
        print(f"{MARK} got 320")
    finally:
        libc.shmctl(segment, 0, None)
