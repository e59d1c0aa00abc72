"""Wrong: index arrays copy."""

import torch

CAUGHT_BY = (
    "test_sliding_windows_share_memory",
    "test_sliding_windows_write_through",
)


def sliding_windows(x, size, stride=1):
    if not 1 <= size <= x.shape[-1] or stride < 1:
        raise ValueError(size)
    starts = torch.arange(0, x.shape[-1] - size + 1, stride, device=x.device)
    return x[..., starts[:, None] + torch.arange(size, device=x.device)]
