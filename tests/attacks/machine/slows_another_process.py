"""Give the others the lowest priority, and I have the machine for myself."""

import os

EARNS = "10"
STOPPED_BY = ("namespaces", "own user", "seccomp")
EVIDENCE = "harmed"


def attack():
    os.setpriority(os.PRIO_PROCESS, VICTIM_PID, 19)
