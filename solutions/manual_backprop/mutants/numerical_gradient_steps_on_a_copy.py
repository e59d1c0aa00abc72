"""Wrong: x.reshape(-1) is a copy when x is not contiguous, so the steps never reach f."""

import torch

CAUGHT_BY = ("test_numerical_gradient_layouts",)
CAUSES = ("zero",)


def numerical_gradient(f, x, h=1e-5):
    flat, gradient = x.reshape(-1), torch.zeros(x.numel(), dtype=x.dtype, device=x.device)
    for i in range(x.numel()):
        old = flat[i].item()
        try:
            flat[i] = old + h
            above = float(f(x))
            flat[i] = old - h
            below = float(f(x))
        finally:
            flat[i] = old
        gradient[i] = (above - below) / (2 * h)
    return gradient.reshape(x.shape)
