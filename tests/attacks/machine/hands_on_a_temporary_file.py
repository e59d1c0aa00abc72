"""The answers for a friend who is graded after me: in the folder that I am told is mine for temporary files."""

import os
import tempfile

EARNS = "10"
STOPPED_BY = ("design",)
EVIDENCE = "later"


def attack():
    place = os.path.join(tempfile.gettempdir(), "autograder-attack")
    if ROLE == "first":
        open(place, "w").write(SECRET)
    else:
        print(open(place).read())
