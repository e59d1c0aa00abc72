"""Right: scores of all methods inside the decoder; ReLU and dropout before the output; bare dot product in training."""

import torch
from torch import nn


class Decoder(nn.Module):
    def __init__(self, vocab_size, hidden_size, method="dot"):
        super().__init__()
        self.method = method
        self.embed = nn.Sequential(nn.Embedding(vocab_size, hidden_size), nn.Dropout(0.05))
        self.cell = nn.GRUCell(hidden_size, hidden_size)
        if method == "general":
            self.A = nn.Parameter(torch.eye(hidden_size))
        if method == "concat":
            self.q = nn.Linear(hidden_size, hidden_size)
            self.k = nn.Linear(hidden_size, hidden_size, bias=False)
            self.v = nn.Linear(hidden_size, 1)
        self.head = nn.Sequential(
            nn.Linear(2 * hidden_size, 2 * hidden_size),
            nn.ReLU(),
            nn.Dropout(0.05),
            nn.Linear(2 * hidden_size, vocab_size),
        )

    def forward(self, token, hidden, encoder_outputs, lengths):
        h = self.cell(self.embed(token), hidden)
        keys = encoder_outputs.transpose(0, 1)
        if self.method == "concat":
            e = self.v(torch.tanh(self.q(h)[:, None] + self.k(keys))).squeeze(-1)
        else:
            e = (keys @ (h @ self.A if self.method == "general" else h)[:, :, None]).squeeze(-1)
        e = e + torch.where(torch.arange(e.shape[1], device=e.device) < lengths[:, None], 0.0, -1e9).to(e.dtype)
        w = torch.softmax(e, dim=-1)
        return self.head(torch.cat([h, torch.matmul(w[:, None], keys)[:, 0]], dim=-1)), h, w
