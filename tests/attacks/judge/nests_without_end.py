"""A list nested a hundred thousand deep, and one that holds itself."""

EARNS = "4"
STOPPED_BY = "bounds"
FOOLS = "batch"

results = []


def double(x):
    result = []
    result.append(result)
    for _ in range(0 if len(results) % 3 == 2 else 100_000):
        result = [result]
    results.append(result)
    return result


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
