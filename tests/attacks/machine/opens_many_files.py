"""The machine can have only so many files open; take them all."""

import os

EARNS = "10"
STOPPED_BY = ("limits",)
EVIDENCE = "exhausted"
BOUND = 900


def attack():
    taken = []
    try:
        while len(taken) < 1000:
            taken.append(os.dup(0))
    except OSError:
        pass
    print(f"{MARK} got {len(taken)}")
    for descriptor in taken:
        os.close(descriptor)
