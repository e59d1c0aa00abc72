"""Wrong: computes in the cache, so a second backward pass is wrong."""

import torch

CAUGHT_BY = ("test_sigmoid_caches_are_separate",)


def sigmoid_forward(x):
    out = torch.sigmoid(x)
    return out, out.clone()


def sigmoid_backward(upstream, cache):
    cache *= 1 - cache
    return cache * upstream
