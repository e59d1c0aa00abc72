"""Tensor operations: memory, shapes, selection, and reductions that stay accurate.

Every signature is a shape contract: read it as "what goes in, what comes out". No function loops in Python over
elements, rows or time steps. Everything works on float32 and float64 (results keep the dtype), on any device (results
stay there), on tensors that are not contiguous, and on batches of one and of none. No function changes its arguments,
except the one whose name ends in ``_``.

Notation: N rows in the batch, D features, C classes, B sequences in the batch, T time steps.
"""

import numpy as np
import torch
from torch import Tensor

# ---------------------------------------------------------------------------------------------------------------------
# Memory: what is shared, what is copied
# ---------------------------------------------------------------------------------------------------------------------


def from_numpy_shared(array: np.ndarray) -> Tensor:
    """The array as a tensor on the same memory: a later write to either shows in the other.

    Args:
        array: any shape, a dtype that torch knows.

    Returns:
        the array's shape and dtype, on the CPU.
    """
    # BEGIN SOLUTION
    return torch.from_numpy(array)
    # END SOLUTION


def to_numpy_copy(x: Tensor) -> np.ndarray:
    """The tensor as an independent array: no later write to either shows in the other.

    Args:
        x: any shape, dtype and device; it may require grad.

    Returns:
        x's shape and dtype.
    """
    # BEGIN SOLUTION
    return x.detach().cpu().numpy().copy()
    # END SOLUTION


def add_batch_dim(x: Tensor) -> Tensor:
    """(...) to (1, ...), on the memory of x: a write to either shows in the other.

    Args:
        x: any shape (...), also 0-d.

    Returns:
        (1, ...).
    """
    # BEGIN SOLUTION
    return x.unsqueeze(0)
    # END SOLUTION


def to_match(x: Tensor, reference: Tensor) -> Tensor:
    """The values of x, with the dtype and on the device of ``reference``.

    Args:
        x: any shape, dtype and device.
        reference: any shape; only its dtype and device matter.

    Returns:
        x's shape.
    """
    # BEGIN SOLUTION
    return x.to(device=reference.device, dtype=reference.dtype)
    # END SOLUTION


# ---------------------------------------------------------------------------------------------------------------------
# Shapes and selection
# ---------------------------------------------------------------------------------------------------------------------


def flatten_batch(x: Tensor) -> Tensor:
    """(N, d1, d2, ...) to (N, d1 * d2 * ...), entries of a row in their logical order (the last index fastest).

    Args:
        x: at least one dimension, contiguous or not; any size may be 0.

    Returns:
        (N, d1 * d2 * ...), and (N, 1) for (N,). On the memory of x whenever some view of x has these values, which
        holds for some tensors that are not contiguous too; else a copy.
    """
    # BEGIN SOLUTION
    return x.reshape(len(x), x.shape[1:].numel())  # not -1: with N = 0 any number of features would fit
    # END SOLUTION


def center_crop(images: Tensor, size: int) -> Tensor:
    """The square in the middle: (..., H, W) to (..., size, size).

    Row 0 of the result is row floor((H - size) / 2) of the image, column 0 is column floor((W - size) / 2).

    Args:
        images: (..., H, W), any number of leading dimensions, none included.
        size: 1 <= size <= min(H, W).

    Returns:
        (..., size, size); a view or a copy.

    Raises:
        ValueError: size is below 1, or exceeds H or W.
    """
    # BEGIN SOLUTION
    h, w = images.shape[-2:]
    if not 1 <= size <= min(h, w):
        raise ValueError(f"size {size} must lie between 1 and the smaller side of {h} x {w} images")
    top, left = (h - size) // 2, (w - size) // 2
    return images[..., top : top + size, left : left + size]
    # END SOLUTION


def one_hot(labels: Tensor, num_classes: int) -> Tensor:
    """A 1 where the class is, 0 elsewhere: (...) to (..., C).

    Args:
        labels: int64, any shape (...), also 0-d and empty.
        num_classes: C, the width of the result, whichever labels occur.

    Returns:
        (..., C), float32.

    Raises:
        ValueError: a label lies outside 0..C-1.
    """
    # BEGIN SOLUTION
    if ((labels < 0) | (labels >= num_classes)).any():
        raise ValueError(f"labels must lie in 0..{num_classes - 1}")
    classes = torch.arange(num_classes, device=labels.device)
    return (labels.unsqueeze(-1) == classes).to(torch.float32)
    # END SOLUTION


def sliding_windows(x: Tensor, size: int, stride: int = 1) -> Tensor:
    """All windows over the last dimension: (..., T) to (..., num, size), num = floor((T - size) / stride) + 1.

    out[..., k, j] = x[..., k * stride + j]

    Args:
        x: (..., T), any number of leading dimensions, none included.
        size: entries in a window, 1 <= size <= T.
        stride: entries from one window's start to the next one's, at least 1.

    Returns:
        (..., num, size), on the memory of x: a write to x shows in every window that holds the entry.

    Raises:
        ValueError: size exceeds T, or size or stride is below 1.
    """
    # BEGIN SOLUTION
    if not 1 <= size <= x.shape[-1]:
        raise ValueError(f"size {size} must lie between 1 and T = {x.shape[-1]}")
    if stride < 1:
        raise ValueError(f"stride {stride} must be at least 1")
    return x.unfold(-1, size, stride)
    # END SOLUTION


# ---------------------------------------------------------------------------------------------------------------------
# Reductions and broadcasting
# ---------------------------------------------------------------------------------------------------------------------


def standardize(x: Tensor, eps: float = 1e-5) -> Tensor:
    """Each column with zero mean and unit variance: (x - mean) / sqrt(var + eps).

    Args:
        x: (N, D).
        eps: added to the variance, inside the root.

    Returns:
        (N, D). The variance is the biased one: the sum of squares over N, not N - 1. A constant column gives zeros,
        and so does a batch of one.
    """
    # BEGIN SOLUTION
    centered = x - x.mean(dim=0)
    return centered / (centered.square().mean(dim=0) + eps).sqrt()
    # END SOLUTION


def logsumexp(x: Tensor, dim: int = -1) -> Tensor:
    """log(sum(exp(x))) along ``dim``, which is dropped. ``torch.logsumexp`` is off limits.

    Args:
        x: any shape, entries as large as 1e30 in float64 and 1e4 in float32, also -inf.
        dim: the dimension to reduce, may be negative.

    Returns:
        x's shape without ``dim``. A slice of nothing but -inf gives -inf, never NaN.
    """
    # BEGIN SOLUTION
    largest = x.amax(dim=dim, keepdim=True)
    largest = largest.masked_fill(largest.isinf(), 0.0)  # inf - inf would be NaN
    return (x - largest).exp().sum(dim=dim).log() + largest.squeeze(dim)
    # END SOLUTION


def softmax(x: Tensor, dim: int = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along ``dim``. ``torch.softmax`` and its aliases are off limits.

    Args:
        x: any shape, entries as large as 1e30 in float64 and 1e4 in float32, also -inf (but not a whole slice of it).
        dim: the dimension that sums to 1, may be negative.

    Returns:
        x's shape.
    """
    # BEGIN SOLUTION
    weights = (x - x.amax(dim=dim, keepdim=True)).exp()
    return weights / weights.sum(dim=dim, keepdim=True)
    # END SOLUTION


def pairwise_sq_dists(a: Tensor, b: Tensor) -> Tensor:
    """out[i, j] = sum over d of (a[i, d] - b[j, d])**2. ``torch.cdist`` is off limits.

    Args:
        a: (N, D).
        b: (M, D).

    Returns:
        (N, M), squared Euclidean distances; never negative, and accurate for near points far from the origin.
    """
    # BEGIN SOLUTION
    return (a.unsqueeze(1) - b.unsqueeze(0)).square().sum(dim=-1)
    # END SOLUTION


def masked_mean(x: Tensor, lengths: Tensor) -> Tensor:
    """The mean over the first lengths[b] steps of each sequence: (B, T, D) to (B, D).

    Args:
        x: (B, T, D). Whatever stands past a length, NaN and infinities included, has no effect.
        lengths: (B,), any integer dtype, 0 <= lengths[b] <= T.

    Returns:
        (B, D); zeros for a length of 0.
    """
    # BEGIN SOLUTION
    steps = torch.arange(x.shape[1], device=x.device)
    padding = steps >= lengths.unsqueeze(1)  # (B, T)
    total = x.masked_fill(padding.unsqueeze(-1), 0.0).sum(dim=1)
    return total / lengths.clamp(min=1).unsqueeze(1).to(x.dtype)
    # END SOLUTION


def accumulate_rows(num_rows: int, index: Tensor, rows: Tensor) -> Tensor:
    """Start with zeros, then out[index[i]] += rows[i] for every i; repeated indices add up.

    Args:
        num_rows: rows of the result.
        index: (N,), int64, each in 0..num_rows-1.
        rows: (N, D).

    Returns:
        (num_rows, D), rows' dtype; zeros where no index points.
    """
    # BEGIN SOLUTION
    return rows.new_zeros(num_rows, rows.shape[1]).index_add_(0, index, rows)
    # END SOLUTION


def scale_rows_(x: Tensor, scale: Tensor) -> Tensor:
    """Multiply row i of x by scale[i], in place.

    Args:
        x: (N, D), changed; it need not be contiguous.
        scale: (N,), x's dtype.

    Returns:
        x itself: the same object, not a copy.
    """
    # BEGIN SOLUTION
    return x.mul_(scale.unsqueeze(1))
    # END SOLUTION


def count_correct(logits: Tensor, labels: Tensor) -> int:
    """How many rows have their largest entry at the label.

    Args:
        logits: (N, C).
        labels: (N,), int64.

    Returns:
        a Python int, 0 for an empty batch.
    """
    # BEGIN SOLUTION
    return int((logits.argmax(dim=1) == labels).sum().item())
    # END SOLUTION
