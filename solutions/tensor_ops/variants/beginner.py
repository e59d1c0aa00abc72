"""Right: small steps, many names, helper functions, explicit checks of empty batches."""

import numpy as np
import torch


def shape_after_batch(x):
    total = 1
    for size in x.shape[1:]:
        total = total * size
    return total


def to_numpy_copy(x):
    y = x.detach()
    y = y.to("cpu")
    return np.copy(y.numpy())


def to_match(x, reference):
    y = x.to(reference.dtype)
    y = y.to(reference.device)
    return y


def add_batch_dim(x):
    return torch.unsqueeze(x, dim=0)


def flatten_batch(x):
    return torch.reshape(x, (x.shape[0], shape_after_batch(x)))


def one_hot(labels, num_classes):
    if labels.numel() > 0:
        if int(labels.min()) < 0:
            raise ValueError("negative label")
        if int(labels.max()) > num_classes - 1:
            raise ValueError("label too large")
    flat = labels.reshape(-1)
    out = torch.zeros(flat.shape[0], num_classes, dtype=torch.float32, device=labels.device)
    rows = torch.arange(flat.shape[0], device=labels.device)
    out[rows, flat] = 1
    return out.reshape(list(labels.shape) + [num_classes])


def standardize(x, eps=1e-5):
    if x.shape[0] == 0:
        return torch.zeros_like(x)
    mean = torch.mean(x, dim=0, keepdim=True)
    var = torch.var(x, dim=0, keepdim=True, unbiased=False)
    return (x - mean) / torch.sqrt(var + eps)


def pairwise_sq_dists(a, b):
    n, m, d = a.shape[0], b.shape[0], a.shape[1]
    big_a = a.reshape(n, 1, d).expand(n, m, d)
    big_b = b.reshape(1, m, d).expand(n, m, d)
    difference = big_a - big_b
    return torch.sum(difference * difference, dim=2)


def masked_mean(x, lengths):
    batch, steps, features = x.shape
    positions = torch.arange(steps, device=x.device).reshape(1, steps, 1)
    valid = (positions < lengths.reshape(batch, 1, 1)).expand(batch, steps, features)
    zeros = torch.zeros_like(x)
    total = torch.where(valid, x, zeros).sum(dim=1)
    count = torch.maximum(lengths, torch.ones_like(lengths)).reshape(batch, 1)
    return total / count


def accumulate_rows(num_rows, index, rows):
    out = torch.zeros((num_rows, rows.shape[1]), dtype=rows.dtype, device=rows.device)
    out.index_add_(dim=0, index=index, source=rows)
    return out


def count_correct(logits, labels):
    if logits.shape[0] == 0:
        return 0
    predictions = torch.argmax(logits, dim=1)
    correct = (predictions == labels).float()
    return int(correct.sum())
