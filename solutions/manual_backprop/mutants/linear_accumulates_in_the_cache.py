"""Wrong: db is added to a buffer in the cache, so a second backward pass doubles it."""

import torch

CAUGHT_BY = ("test_linear_caches_are_separate",)
CAUSES = ("factor 2",)


def linear_forward(x, w, b):
    return x @ w + b, (x, w, torch.zeros_like(b))


def linear_backward(upstream, cache):
    x, w, db = cache
    db += upstream.sum(dim=0)
    return upstream @ w.T, x.T @ upstream, db.clone()
