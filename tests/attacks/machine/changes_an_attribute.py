"""Write a note on a file of others: in its attributes, which rules about opening files forget."""

import os

EARNS = "10"
STOPPED_BY = ("namespaces", "seccomp")
EVIDENCE = "written"


def attack():
    os.setxattr(OPEN_FILE, "user.score", b"10")
