"""A process may move itself to wherever it likes."""

import os

EARNS = "10"
STOPPED_BY = ("seccomp",)
EVIDENCE = "held"
NEEDS = "two cores"
HOLDS = "more than one core"


def attack():
    os.sched_setaffinity(0, range(os.cpu_count()))
    show()
