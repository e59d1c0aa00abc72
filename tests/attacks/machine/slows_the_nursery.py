"""My parent is everybody's parent: what I do to it, all that come later inherit."""

import os

EARNS = "10"
STOPPED_BY = ("own user", "seccomp")
EVIDENCE = "nursery"


def attack():
    os.setpriority(os.PRIO_PROCESS, os.getppid(), os.getpriority(os.PRIO_PROCESS, 0) + 1)
