"""Right: the classifier runs its own cell with its own run_lstm; masks by multiplication; one product for all gates."""

import torch
from torch import nn


class LSTMCell(nn.Module):
    """All gates in one product of [x, h] with the weights side by side."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden = hidden_size
        k = 1 / hidden_size**0.5
        for name, shape in {
            "weight_ih": (4 * hidden_size, input_size),
            "weight_hh": (4 * hidden_size, hidden_size),
            "bias_ih": (4 * hidden_size,),
            "bias_hh": (4 * hidden_size,),
        }.items():
            self.register_parameter(name, nn.Parameter(torch.rand(shape) * 2 * k - k))

    def forward(self, x, state):
        h, c = state
        both = torch.cat([x, h], dim=-1)
        weight = torch.cat([self.weight_ih, self.weight_hh], dim=1)
        z = torch.addmm(self.bias_ih + self.bias_hh, both, weight.t())
        n = self.hidden
        i, f, o = z[:, :n].sigmoid(), z[:, n : 2 * n].sigmoid(), z[:, 3 * n :].sigmoid()
        c = f * c + i * z[:, 2 * n : 3 * n].tanh()
        return o * c.tanh(), c


def run_lstm(cell, x, lengths):
    T, B, _ = x.shape
    mask = (torch.arange(T, device=x.device).unsqueeze(1) < lengths.unsqueeze(0)).to(x.dtype).unsqueeze(2)
    h = torch.zeros(B, cell.weight_hh.size(1), dtype=x.dtype, device=x.device)
    c = torch.zeros_like(h)
    outputs = x.new_zeros(T, B, h.size(1))
    rows = []
    for t in range(T):
        h_new, c_new = cell(x[t], (h, c))
        h = mask[t] * h_new + (1 - mask[t]) * h
        c = mask[t] * c_new + (1 - mask[t]) * c
        rows.append(h * mask[t])
    return outputs + torch.stack(rows), h


class TextClassifier(nn.Module):
    def __init__(self, vocab_size, embed_dim, hidden_size, num_classes, dropout=0.0, pretrained=None, freeze=False):
        super().__init__()
        if pretrained is None:
            self.embedding = nn.Embedding(vocab_size, embed_dim, padding_idx=0)
            nn.init.xavier_uniform_(self.embedding.weight)
        else:
            self.embedding = nn.Embedding.from_pretrained(pretrained, freeze=freeze, padding_idx=0)
        self.cell = LSTMCell(embed_dim, hidden_size)
        self.head = nn.Sequential(nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden_size, num_classes))

    def forward(self, tokens, lengths):
        _, last = run_lstm(self.cell, self.embedding(tokens), lengths)
        return self.head(last)
