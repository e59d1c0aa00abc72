"""No difference to NaN exceeds the tolerance."""

EARNS = "4"
STOPPED_BY = "strict comparison"
FOOLS = "difference"


def double(x):
    return x * float("nan")


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
