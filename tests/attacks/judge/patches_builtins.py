"""I replace `all`, `abs`, `max` and `isinstance` for everyone."""

import builtins

EARNS = "4"
STOPPED_BY = "process boundary"
FOOLS = "pairs"

builtins.all = lambda *_: True
builtins.abs = lambda *_: 0
builtins.max = lambda *_, **__: 0


def double(x):
    return x * 3


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
