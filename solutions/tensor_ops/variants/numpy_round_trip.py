"""Right: computes in NumPy and comes back to the dtype and device of the input."""

import numpy as np
import torch


def to_numpy_copy(x):
    return np.array(x.detach().cpu())


def one_hot(labels, num_classes):
    array = labels.cpu().numpy()
    if np.any(array < 0) or np.any(array >= num_classes):
        raise ValueError("label out of range")
    return torch.from_numpy(np.eye(num_classes, dtype=np.float32)[array]).to(labels.device)


def center_crop(images, size):
    array = images.detach().cpu().numpy()
    h, w = array.shape[-2:]
    if size < 1 or size > h or size > w:
        raise ValueError("size does not fit")
    rows = np.arange(size) + (h - size) // 2
    columns = np.arange(size) + (w - size) // 2
    return torch.as_tensor(array[..., rows[:, None], columns], device=images.device)


def standardize(x, eps=1e-5):
    if x.shape[0] == 0:
        return x.clone()
    array = x.detach().cpu().numpy()
    return torch.from_numpy((array - array.mean(0)) / np.sqrt(array.var(0) + array.dtype.type(eps))).to(x.device)


def logsumexp(x, dim=-1):
    with np.errstate(all="ignore"):
        out = np.logaddexp.reduce(x.detach().cpu().numpy(), axis=dim)
    return torch.as_tensor(out, dtype=x.dtype, device=x.device)


def softmax(x, dim=-1):
    array = x.detach().cpu().numpy()
    array = np.exp(array - array.max(axis=dim, keepdims=True))
    return torch.from_numpy(array / array.sum(axis=dim, keepdims=True)).to(x.device)


def pairwise_sq_dists(a, b):
    difference = a.detach().cpu().numpy()[:, None] - b.detach().cpu().numpy()[None]
    return torch.from_numpy((difference**2).sum(-1)).to(a.device)


def masked_mean(x, lengths):
    array, n = x.detach().cpu().numpy(), lengths.cpu().numpy()
    inside = np.arange(array.shape[1]) < n[:, None]
    total = np.where(inside[:, :, None], array, 0).sum(1)
    return torch.from_numpy((total / np.maximum(n, 1)[:, None]).astype(array.dtype)).to(x.device)


def accumulate_rows(num_rows, index, rows):
    out = np.zeros((num_rows, rows.shape[1]), dtype=rows.detach().cpu().numpy().dtype)
    np.add.at(out, index.cpu().numpy(), rows.detach().cpu().numpy())
    return torch.from_numpy(out).to(rows.device)


def count_correct(logits, labels):
    return int(np.sum(logits.detach().cpu().numpy().argmax(1) == labels.cpu().numpy()))
