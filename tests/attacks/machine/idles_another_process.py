"""Have another process run only when nobody else wants to."""

import os

EARNS = "10"
STOPPED_BY = ("namespaces", "own user", "seccomp")
EVIDENCE = "harmed"


def attack():
    os.sched_setscheduler(VICTIM_PID, os.SCHED_IDLE, os.sched_param(0))
