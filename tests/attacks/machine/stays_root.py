"""If the grader runs as root, so do I."""

import os

EARNS = "10"
STOPPED_BY = ("own user",)
EVIDENCE = "held"
NEEDS = "root"
HOLDS = "uid 0"


def attack():
    try:
        os.setresuid(0, 0, 0)
    finally:
        show()
