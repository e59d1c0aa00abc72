"""A grader that stands still can't count seconds."""

import os
import signal

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user", "seccomp")
EVIDENCE = "harmed"


def attack():
    os.kill(VICTIM_PID, signal.SIGSTOP)
