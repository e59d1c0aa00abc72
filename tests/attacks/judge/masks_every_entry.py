"""A masked array has no entry that differs."""

import numpy as np

EARNS = "4"
STOPPED_BY = "plain values"
FOOLS = "difference"


def double(x):
    return np.ma.masked_all(tuple(x.shape))


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
