"""Wrong: A little gradient and a little output leak through below 0."""

import torch

CAUGHT_BY = ()


def relu_forward(x):
    return torch.where(x > 0, x, 0.01 * x), x


def relu_backward(upstream, cache):
    return torch.where(cache > 0, upstream, 0.01 * upstream)
