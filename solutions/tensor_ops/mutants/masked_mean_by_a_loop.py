"""Wrong: a loop over sequences."""

import torch

CAUGHT_BY = ("test_masked_mean_without_a_loop",)
CAUSES = ("a Python loop",)


def masked_mean(x, lengths):
    out = torch.zeros_like(x[:, 0])
    for b, length in enumerate(lengths.tolist()):
        if length:
            out[b] = x[b, :length].mean(0)
    return out
