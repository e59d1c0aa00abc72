"""Wrong: asks autograd for the gradients, which is off limits."""

import torch

CAUGHT_BY = ()


def linear_forward(x, w, b):
    return x @ w + b, (x, w, b)


def linear_backward(upstream, cache):
    with torch.enable_grad():
        x, w, b = (t.detach().clone().requires_grad_() for t in cache)
        (x @ w + b).backward(upstream)
    return x.grad, w.grad, b.grad
