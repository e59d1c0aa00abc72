"""Wrong: keeps the output in one global variable, which the next layer overwrites."""

import torch

CAUGHT_BY = ("test_sigmoid_caches_are_separate",)


LAST = {}


def sigmoid_forward(x):
    LAST["out"] = torch.sigmoid(x)
    return LAST["out"], None


def sigmoid_backward(upstream, cache):
    out = LAST["out"]
    return upstream * out * (1 - out)
