"""Ctrl-C: I interrupt the run, and no one after me is graded."""

EARNS = "4"
STOPPED_BY = "fail closed"
FOOLS = "batch"


def double(x):
    raise KeyboardInterrupt


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
