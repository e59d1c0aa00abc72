"""Wrong: the slope exp(-x) / (1 + exp(-x))^2 is inf / inf for very negative x."""

import torch

CAUGHT_BY = ("test_sigmoid_backward_is_stable",)
CAUSES = ("NaN*",)


def sigmoid_forward(x):
    return torch.sigmoid(x), x


def sigmoid_backward(upstream, cache):
    e = torch.exp(-cache)
    return upstream * e / (1 + e) ** 2
