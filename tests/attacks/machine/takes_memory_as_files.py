"""Files without a name lie in memory that counts as nobody's; several, since each may be only so long."""

import os

EARNS = "10"
STOPPED_BY = ("seccomp",)
EVIDENCE = "exhausted"
BOUND = 300


def attack():
    taken, block = 0, bytes(2**20)
    while taken < 320:
        file = syscall("memfd_create", b"file", 0)
        for _ in range(32):
            taken += os.write(file, block) // 2**20
    print(f"{MARK} got {taken}")
