"""I print escape sequences that clear the screen and write full marks over it."""

EARNS = "4"
STOPPED_BY = "plain text"
FOOLS = "raw output"


def double(x):
    print("\x1b[2J\x1b[1;1H\x1b[32m10 of 10\x1b[0m\u202e")
    raise RuntimeError("\x1b]0;10 of 10\x07\x1b[1A10 of 10")


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
