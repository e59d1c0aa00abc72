"""A MemoryError or OSError is the machine's fault: I raise them myself."""

EARNS = "4"
STOPPED_BY = "fail closed"
FOOLS = "machine errors"

calls = []


def double(x):
    calls.append(x)
    raise (MemoryError if len(calls) % 2 else OSError)("no space left on device")


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
