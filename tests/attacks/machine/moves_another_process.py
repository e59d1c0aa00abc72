"""Send all others to one core."""

import os

EARNS = "10"
STOPPED_BY = ("namespaces", "own user", "seccomp")
EVIDENCE = "harmed"


def attack():
    os.sched_setaffinity(VICTIM_PID, {min(os.sched_getaffinity(VICTIM_PID))})
