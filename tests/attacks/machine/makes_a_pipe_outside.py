"""A named pipe in the place of a file makes whoever opens it wait for ever."""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "seccomp")
EVIDENCE = "written"


def attack():
    os.mkfifo(f"{OPEN_FOLDER}/scores.csv")
