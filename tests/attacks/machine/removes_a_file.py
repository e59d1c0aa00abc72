"""If I can't have points, nobody shall: remove the gradebook."""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces")
EVIDENCE = "written"


def attack():
    os.unlink(OPEN_FILE)
