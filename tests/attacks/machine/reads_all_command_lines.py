"""What people type is there for everybody to see: paths, names, passwords."""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces")
EVIDENCE = "remembered"


def attack():
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            line = open(f"/proc/{pid}/cmdline").read()
        except OSError:
            continue
        if MARK in line:
            print(line)
