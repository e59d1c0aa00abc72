"""Right: sums as einsum, selection as products with one-hot matrices, as_strided windows."""

import torch


def one_hot(labels, num_classes):
    if labels.numel() and (labels.min() < 0 or labels.max() >= num_classes):
        raise ValueError("label out of range")
    return torch.eye(num_classes, device=labels.device)[labels]


def standardize(x, eps=1e-5):
    n = max(len(x), 1)
    centered = x - torch.einsum("nd->d", x) / n
    return centered / torch.sqrt(torch.einsum("nd,nd->d", centered, centered) / n + eps)


def pairwise_sq_dists(a, b):
    difference = a[:, None, :] - b[None, :, :]
    return torch.einsum("nmd,nmd->nm", difference, difference)


def masked_mean(x, lengths):
    inside = torch.arange(x.shape[1], device=x.device)[None, :] < lengths[:, None]
    clean = torch.where(inside[..., None], x, torch.zeros_like(x))
    return torch.einsum("btd,bt->bd", clean, inside.to(x.dtype)) / lengths.clamp(min=1)[:, None].to(x.dtype)


def accumulate_rows(num_rows, index, rows):
    choose = (torch.arange(num_rows, device=index.device)[:, None] == index[None, :]).to(rows.dtype)
    return torch.einsum("kn,nd->kd", choose, rows)


def scale_rows_(x, scale):
    x.copy_(torch.einsum("nd,n->nd", x, scale))
    return x


def sliding_windows(x, size, stride=1):
    length = x.shape[-1]
    if size > length or size < 1 or stride < 1:
        raise ValueError("size or stride does not fit")
    num = (length - size) // stride + 1
    step = x.stride(-1)
    return x.as_strided((*x.shape[:-1], num, size), (*x.stride()[:-1], step * stride, step), x.storage_offset())


def count_correct(logits, labels):
    if logits.shape[0] == 0:
        return 0
    return int(torch.einsum("n->", (logits.argmax(-1) == labels).long()))
