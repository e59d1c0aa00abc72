"""Let everybody read the gradebook; a rule about opening files says nothing of their modes."""

import os

EARNS = "10"
STOPPED_BY = ("namespaces", "own user", "seccomp")
EVIDENCE = "written"


def attack():
    os.chmod(PRIVATE_FILE, 0o666)
