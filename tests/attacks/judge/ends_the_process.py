"""I end the process with status 0, past every handler."""

import os

EARNS = "4"
STOPPED_BY = "fail closed"
FOOLS = "exit status"


def double(x):
    os._exit(0)


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
