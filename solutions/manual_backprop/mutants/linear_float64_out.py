"""Wrong: A float64 buffer makes dw float64 for float32 inputs."""

import torch

CAUGHT_BY = (
    "test_linear_float32",
    "test_two_layer_net_float32",
)
CAUSES = ("wrong dtype",)


def linear_backward(upstream, cache):
    x, w = cache
    dw = torch.zeros(w.shape, dtype=torch.float64, device=w.device)
    dw += x.T @ upstream
    return upstream @ w.T, dw, upstream.sum(dim=0)
