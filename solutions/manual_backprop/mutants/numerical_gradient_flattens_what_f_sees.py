"""Wrong: f gets a flat vector instead of x's shape."""

import torch

CAUGHT_BY = (
    "test_numerical_gradient_is_accurate",
    "test_numerical_gradient_layouts",
    "test_numerical_gradient_of_any_shape",
)


def numerical_gradient(f, x, h=1e-5):
    flat, gradient = x.reshape(-1).clone(), torch.zeros(x.numel(), dtype=x.dtype, device=x.device)
    for i in range(x.numel()):
        old = flat[i].item()
        flat[i] = old + h
        above = float(f(flat))
        flat[i] = old - h
        below = float(f(flat))
        flat[i] = old
        gradient[i] = (above - below) / (2 * h)
    return gradient.reshape(x.shape)
