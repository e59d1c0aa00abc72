"""Strides of tensors: which of them travel, and what a tensor that is spread out takes."""

from __future__ import annotations

import math

import torch

from autograder.core.wire.kinds import CPU

SIZE_BOUND = 2**48  # of a stride, and of one dimension


def storage_elements(shape: tuple[int, ...], strides: tuple[int, ...]) -> int | None:
    """Elements that a tensor of these strides spans, or None: it overlaps itself, or gapes too widely.

    Dimensions in order of stride must each step over all that lies within the smaller ones.
    """
    steps = sorted((stride, size) for stride, size in zip(strides, shape, strict=True) if size > 1 and stride != 0)
    span = elements = 1
    for stride, size in steps:
        if stride < span:
            return None
        span += stride * (size - 1)
        elements *= size
    return span if span <= 4 * elements + 1024 else None


def claimed_bytes(shape: tuple[int, ...], itemsize: int) -> int:
    """What a tensor of this shape stands for, its expanded dimensions counted in full.

    Dimensions without entries count as one: a sum over one of them leaves a tensor of all the others.
    """
    return math.prod(max(size, 1) for size in shape) * itemsize


def narrowed_shape(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with size 1 in the place of the expanded dimensions."""
    return tuple(1 if stride == 0 and size > 1 else size for size, stride in zip(shape, strides, strict=True))


def narrowed(value: torch.Tensor) -> torch.Tensor:
    """The tensor without its expanded dimensions (size 1 in their place)."""
    for dim, size in enumerate(narrowed_shape(value.shape, value.stride())):
        value = value.narrow(dim, 0, size)
    return value


def check_backed(value: torch.Tensor) -> None:
    """Refuse a tensor that reaches beyond its storage, which torch itself would read.

    Raises:
        RuntimeError: it does; ``untyped_storage().resize_()`` makes such tensors.
    """
    if value.numel() == 0:
        return
    reach = sum((size - 1) * stride for size, stride in zip(value.shape, value.stride(), strict=True))
    if (value.storage_offset() + reach + 1) * value.element_size() > value.untyped_storage().nbytes():
        raise RuntimeError("its storage was made smaller")


def spread(value: torch.Tensor, shape: tuple[int, ...], strides: tuple[int, ...], span: int) -> torch.Tensor:
    """A narrowed tensor with its strides and expanded dimensions again; what lies in its gaps is zero."""
    base = torch.zeros(span, dtype=value.dtype, device=CPU)
    base.as_strided(value.shape, strides).copy_(value)
    return base.as_strided(shape, strides)
