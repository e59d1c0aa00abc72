"""A symbolic link outside can be read without opening anything."""

import os

EARNS = "10"
STOPPED_BY = ("namespaces",)
EVIDENCE = "printed"


def attack():
    print(os.readlink(LINK))
