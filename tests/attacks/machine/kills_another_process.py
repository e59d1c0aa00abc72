"""End the process that watches the clock."""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user", "seccomp")
EVIDENCE = "harmed"


def attack():
    os.kill(VICTIM_PID, 9)
