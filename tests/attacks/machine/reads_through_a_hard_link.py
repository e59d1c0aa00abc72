"""A second name in my own folder makes the answers a file of mine."""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces")
EVIDENCE = "printed"


def attack():
    os.link(WRITABLE_SECRET, "notes.txt")
    print(open("notes.txt").read())
