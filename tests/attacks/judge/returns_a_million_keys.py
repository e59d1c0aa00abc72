"""A dict of a million keys, then keys that collide."""

EARNS = "4"
STOPPED_BY = "bounds"
FOOLS = "long message"


class Same:
    def __hash__(self):
        return 1

    def __repr__(self):
        return "x" * 1000


calls = []


def double(x):
    calls.append(x)
    if len(calls) == 1:
        return {Same(): i for i in range(2000)}
    if len(calls) == 2:
        return {(0,) * (i % 30) + (i,): i for i in range(300_000)}
    return dict.fromkeys(range(1_000_000))


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
