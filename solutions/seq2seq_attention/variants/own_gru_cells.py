"""Right: GRUs written by hand, one for each direction; masks by multiplication; weights divided again."""

import torch
from torch import nn


class _Gru(nn.Module):
    def __init__(self, inputs, size):
        super().__init__()
        self.x = nn.Linear(inputs, 3 * size)
        self.h = nn.Linear(size, 3 * size, bias=False)

    def forward(self, x, h):
        xr, xz, xn = self.x(x).chunk(3, -1)
        hr, hz, hn = self.h(h).chunk(3, -1)
        z = torch.sigmoid(xz + hz)
        return z * h + (1 - z) * torch.tanh(xn + torch.sigmoid(xr + hr) * hn)


class Attention(nn.Module):
    def __init__(self, method, hidden_size):
        super().__init__()
        self.kind = {"dot": 0, "general": 1, "concat": 2}.get(method)
        if self.kind is None:
            raise ValueError(f"unknown method {method}")
        if self.kind:
            self.W = nn.Linear(self.kind * hidden_size, hidden_size, bias=False)
        if self.kind == 2:
            self.v = nn.Parameter(torch.randn(hidden_size) / 8)

    def forward(self, query, keys, lengths):
        keys = keys.permute(1, 0, 2)
        T = keys.size(1)
        if self.kind == 2:
            pairs = torch.cat([query[:, None].repeat(1, T, 1), keys], -1)
            scores = torch.einsum("bth,h->bt", torch.tanh(self.W(pairs)), self.v)
        else:
            wanted = query if self.kind == 0 else query @ self.W.weight
            scores = torch.bmm(keys, wanted[:, :, None])[:, :, 0]
        valid = (torch.arange(T, device=keys.device)[None] < lengths[:, None]).to(scores.dtype)
        weights = torch.softmax(scores, 1) * valid
        return weights / weights.sum(1, keepdim=True)


class Encoder(nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        self.table = nn.Parameter(torch.randn(vocab_size, hidden_size))
        self.there, self.back = _Gru(hidden_size, hidden_size), _Gru(hidden_size, hidden_size)
        self.size = hidden_size

    def forward(self, tokens, lengths):
        x = self.table[tokens]
        T, B, _ = x.shape
        valid = (torch.arange(T, device=x.device)[:, None] < lengths)[..., None].to(x.dtype)
        ends, runs = 0, []
        for cell, order in ((self.there, range(T)), (self.back, reversed(range(T)))):
            h, states = x.new_zeros(B, self.size), [None] * T
            for t in order:
                h = valid[t] * cell(x[t], h) + (1 - valid[t]) * h
                states[t] = h
            runs.append(torch.stack(states))
            ends = ends + h
        return (runs[0] + runs[1]) * valid, ends
