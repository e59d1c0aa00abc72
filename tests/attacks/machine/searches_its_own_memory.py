"""My memory is a copy of my parent's: what it ever read of the hidden tests is still there."""

import ctypes

EARNS = "10"
STOPPED_BY = ("design",)
EVIDENCE = "recalled"


def attack():
    for line in open("/proc/self/maps"):
        where, rights, *_, kind = line.split()
        start, end = (int(part, 16) for part in where.split("-"))
        # What was read or computed, not what was mapped from a file.
        if rights.startswith("rw") and not kind.startswith("/"):
            search(start, end)


def search(start, end):
    for place in range(start, end, 2**24):
        size = min(2**24 + 100, end - place)
        found = ctypes.string_at(place, size)
        spot = found.find(bytes(byte ^ 1 for byte in NEEDLE))
        while spot >= 0:
            print(found[spot : spot + 100])
            spot = found.find(bytes(byte ^ 1 for byte in NEEDLE), spot + 1)
