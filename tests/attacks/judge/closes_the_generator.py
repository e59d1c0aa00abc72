"""GeneratorExit is no Exception: handlers that catch Exception let it pass."""

EARNS = "4"
STOPPED_BY = "fail closed"
FOOLS = "batch"


def double(x):
    raise GeneratorExit


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
