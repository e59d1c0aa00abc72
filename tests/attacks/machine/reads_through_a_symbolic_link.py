"""A link in my own folder, where I may read, leads to the answers."""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces")
EVIDENCE = "printed"


def attack():
    os.symlink(OPEN_SECRET, "notes.txt")
    print(open("notes.txt").read())
