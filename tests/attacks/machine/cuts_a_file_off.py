"""A file can be emptied by its path, without being opened."""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "seccomp")
EVIDENCE = "written"


def attack():
    os.truncate(OPEN_FILE, 0)
