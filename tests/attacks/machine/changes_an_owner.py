"""Take the gradebook away from its owner."""

import os

EARNS = "10"
STOPPED_BY = ("namespaces", "own user", "seccomp")
EVIDENCE = "written"
NEEDS = "root"


def attack():
    os.chown(PRIVATE_FILE, 12345, 12345)
