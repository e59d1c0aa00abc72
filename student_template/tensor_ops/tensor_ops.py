# release: tensor_ops 1.0
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
    raise NotImplementedError("from_numpy_shared")


def to_numpy_copy(x: Tensor) -> np.ndarray:
    """The tensor as an independent array: no later write to either shows in the other.

    Args:
        x: any shape, dtype and device; it may require grad.

    Returns:
        x's shape and dtype.
    """
    raise NotImplementedError("to_numpy_copy")


def add_batch_dim(x: Tensor) -> Tensor:
    """(...) to (1, ...), on the memory of x: a write to either shows in the other.

    Args:
        x: any shape (...), also 0-d.

    Returns:
        (1, ...).
    """
    raise NotImplementedError("add_batch_dim")


def to_match(x: Tensor, reference: Tensor) -> Tensor:
    """The values of x, with the dtype and on the device of ``reference``.

    Args:
        x: any shape, dtype and device.
        reference: any shape; only its dtype and device matter.

    Returns:
        x's shape.
    """
    raise NotImplementedError("to_match")


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
    raise NotImplementedError("flatten_batch")


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
    raise NotImplementedError("center_crop")


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
    raise NotImplementedError("one_hot")


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
    raise NotImplementedError("sliding_windows")


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
    raise NotImplementedError("standardize")


def logsumexp(x: Tensor, dim: int = -1) -> Tensor:
    """log(sum(exp(x))) along ``dim``, which is dropped. ``torch.logsumexp`` is off limits.

    Args:
        x: any shape, entries as large as 1e30 in float64 and 1e4 in float32, also -inf.
        dim: the dimension to reduce, may be negative.

    Returns:
        x's shape without ``dim``. A slice of nothing but -inf gives -inf, never NaN.
    """
    raise NotImplementedError("logsumexp")


def softmax(x: Tensor, dim: int = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along ``dim``. ``torch.softmax`` and its aliases are off limits.

    Args:
        x: any shape, entries as large as 1e30 in float64 and 1e4 in float32, also -inf (but not a whole slice of it).
        dim: the dimension that sums to 1, may be negative.

    Returns:
        x's shape.
    """
    raise NotImplementedError("softmax")


def pairwise_sq_dists(a: Tensor, b: Tensor) -> Tensor:
    """out[i, j] = sum over d of (a[i, d] - b[j, d])**2. ``torch.cdist`` is off limits.

    Args:
        a: (N, D).
        b: (M, D).

    Returns:
        (N, M), squared Euclidean distances; never negative, and accurate for near points far from the origin.
    """
    raise NotImplementedError("pairwise_sq_dists")


def masked_mean(x: Tensor, lengths: Tensor) -> Tensor:
    """The mean over the first lengths[b] steps of each sequence: (B, T, D) to (B, D).

    Args:
        x: (B, T, D). Whatever stands past a length, NaN and infinities included, has no effect.
        lengths: (B,), any integer dtype, 0 <= lengths[b] <= T.

    Returns:
        (B, D); zeros for a length of 0.
    """
    raise NotImplementedError("masked_mean")


def accumulate_rows(num_rows: int, index: Tensor, rows: Tensor) -> Tensor:
    """Start with zeros, then out[index[i]] += rows[i] for every i; repeated indices add up.

    Args:
        num_rows: rows of the result.
        index: (N,), int64, each in 0..num_rows-1.
        rows: (N, D).

    Returns:
        (num_rows, D), rows' dtype; zeros where no index points.
    """
    raise NotImplementedError("accumulate_rows")


def scale_rows_(x: Tensor, scale: Tensor) -> Tensor:
    """Multiply row i of x by scale[i], in place.

    Args:
        x: (N, D), changed; it need not be contiguous.
        scale: (N,), x's dtype.

    Returns:
        x itself: the same object, not a copy.
    """
    raise NotImplementedError("scale_rows_")


def count_correct(logits: Tensor, labels: Tensor) -> int:
    """How many rows have their largest entry at the label.

    Args:
        logits: (N, C).
        labels: (N,), int64.

    Returns:
        a Python int, 0 for an empty batch.
    """
    raise NotImplementedError("count_correct")
