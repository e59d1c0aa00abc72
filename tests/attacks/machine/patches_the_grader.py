"""What I change in the modules that all share, a friend who is graded after me finds changed."""

import math

EARNS = "10"
STOPPED_BY = ("design",)
EVIDENCE = "later"


def attack():
    if ROLE == "first":
        math.answers = SECRET
    else:
        print(math.answers)
