"""Go up from my folder step by step, by descriptor, and down again to the answers: no absolute path is ever opened."""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces")
EVIDENCE = "printed"


def attack():
    place = os.open(".", os.O_PATH)
    for _ in range(40):
        place = os.open("..", os.O_PATH, dir_fd=place)
    os.fchdir(place)
    print(open(OPEN_SECRET.lstrip("/")).read())
