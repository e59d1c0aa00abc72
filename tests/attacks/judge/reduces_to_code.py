"""Whoever unpickles my result runs my code."""

EARNS = "4"
STOPPED_BY = "plain values"
FOOLS = "pickle"


class Result:
    def __reduce__(self):
        return open, ("GOAL", "w")


def double(x):
    return Result()


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
