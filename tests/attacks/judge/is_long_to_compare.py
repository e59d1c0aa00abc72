"""A text of thousands of lines, each almost one of yours: the difference is slow to tell."""

import torch

EARNS = "11"
STOPPED_BY = "bounds"
FOOLS = "long message"
ASSIGNMENT = "mixed"


def join(words):
    return "\n".join(f"to be or not {i} be or not to be or" for i in range(100_000))


def cube_backward(x, upstream):
    return 3 * x * x * upstream


def scale_(x, factor):
    x.mul_(factor)


def scaled(x, factor):
    return x * factor


def fit_predict(x, labels, x_test):
    return labels[torch.cdist(x_test, x).argmin(dim=1)]


def count(words):
    return {word: words.count(word) for word in words}


def lengths(words):
    if isinstance(words, str):
        raise TypeError("a text")
    return [len(word) for word in words]


def noise(seed, count):
    return torch.rand(count, generator=torch.Generator().manual_seed(seed))
