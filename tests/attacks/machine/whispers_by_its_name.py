"""A friend who is graded at the same time can read my process's name."""

import os
import time

EARNS = "10"
STOPPED_BY = ("Landlock",)
EVIDENCE = "beside"


def attack():
    if ROLE == "first":
        named(SECRET)
        time.sleep(1.8)
        return
    found, end = set(), time.monotonic() + 1.5
    while not found and time.monotonic() < end:
        time.sleep(0.1)
        for pid in filter(str.isdecimal, os.listdir("/proc")):
            try:
                name = open(f"/proc/{pid}/comm").read().strip()
            except OSError:
                continue
            if name.startswith("whisper"):
                found.add(name)
    print(found)
