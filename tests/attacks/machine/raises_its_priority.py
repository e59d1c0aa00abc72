"""Who goes first has more time than the others, and looks faster."""

import os

EARNS = "10"
STOPPED_BY = ("own user", "seccomp")
EVIDENCE = "held"
NEEDS = "root"
HOLDS = "nice below 0"


def attack():
    os.setpriority(os.PRIO_PROCESS, 0, -5)
    show()
