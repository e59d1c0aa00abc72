"""A generator that yields nothing is compared with nothing."""

EARNS = "4"
STOPPED_BY = "plain values"
FOOLS = "pairs"


def double(x):
    yield from ()


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
