"""Right: gather, scatter, take_along_dim, index_select, narrow."""

import torch


def add_batch_dim(x):
    return x.view(1, *x.shape) if x.is_contiguous() else x[None]


def one_hot(labels, num_classes):
    bad = labels.lt(0).logical_or(labels.ge(num_classes))
    if bad.any().item():
        raise ValueError("label out of range")
    out = torch.zeros(*labels.shape, num_classes, device=labels.device)
    return out.scatter_(-1, labels.unsqueeze(-1), 1.0)


def center_crop(images, size):
    h, w = images.size(-2), images.size(-1)
    if size < 1 or size > h or size > w:
        raise ValueError(f"{size} does not fit")
    return images.narrow(-2, (h - size) // 2, size).narrow(-1, (w - size) // 2, size)


def accumulate_rows(num_rows, index, rows):
    out = torch.zeros(num_rows, rows.size(1), dtype=rows.dtype, device=rows.device)
    return out.scatter_add(0, index[:, None].expand_as(rows), rows)


def masked_mean(x, lengths):
    zeros = x.new_zeros(x.size(0), 1, x.size(2))
    clean = torch.where((torch.arange(x.size(1), device=x.device) < lengths[:, None])[:, :, None], x, 0.0)
    sums = torch.cat([zeros, clean.cumsum(1)], dim=1)
    last = lengths.to(torch.int64)[:, None, None].expand(-1, 1, x.size(2))
    return sums.gather(1, last).squeeze(1) / lengths.clamp(min=1).to(x.dtype)[:, None]


def pairwise_sq_dists(a, b):
    n, m = len(a), len(b)
    left = a.repeat_interleave(m, dim=0)
    right = b.repeat(n, 1)
    return (left - right).pow(2).sum(1).reshape(n, m)


def count_correct(logits, labels):
    if len(logits) == 0:
        return 0
    best = logits.max(dim=1, keepdim=True).indices
    return best.eq(labels[:, None]).sum().item()


def logsumexp(x, dim=-1):
    top = torch.take_along_dim(x, x.argmax(dim, keepdim=True), dim)
    safe = torch.nan_to_num(top, neginf=0.0)
    return (torch.log(torch.exp(x - safe).sum(dim, keepdim=True)) + safe).squeeze(dim)
