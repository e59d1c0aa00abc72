"""The names of the files in a folder tell who is in the class."""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces")
EVIDENCE = "printed"


def attack():
    print(os.listdir(LISTED))
