"""I close the wire, and keep a copy of it in a child that outlives me."""

import os
import time

EARNS = "4"
STOPPED_BY = "a worker each"
FOOLS = "end of pipe"


def double(x):
    if os.fork() == 0:
        os.setsid()
        time.sleep(5)
        os._exit(0)
    os.close(3)
    os._exit(0)


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
