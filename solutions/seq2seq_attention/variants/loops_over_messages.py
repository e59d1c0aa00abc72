"""Right: attention message by message; a loss with zeros in the place of what is masked; batches first."""

import torch
from torch import nn


def masked_cross_entropy(logits, targets, mask):
    clean = torch.where(mask.unsqueeze(-1), logits, torch.zeros_like(logits))
    every = torch.logsumexp(clean, -1) - clean.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return torch.where(mask, every, torch.zeros_like(every)).sum() / mask.sum().to(logits.dtype)


class Attention(nn.Module):
    def __init__(self, method, hidden_size):
        super().__init__()
        sizes = {"dot": None, "general": hidden_size, "concat": 2 * hidden_size}
        try:
            width = sizes[method]
        except KeyError:
            raise ValueError(method) from None
        self.method = method
        if width:
            self.W = nn.Linear(width, hidden_size, bias=False)
        if method == "concat":
            self.register_parameter("v", nn.Parameter(torch.ones(hidden_size)))

    def score(self, query, key):
        if self.method == "dot":
            return torch.matmul(key, query)
        if self.method == "general":
            return torch.matmul(self.W(key), query)
        return torch.tanh(self.W(torch.cat((query.expand(len(key), -1), key), 1))).matmul(self.v)

    def forward(self, query, keys, lengths):
        weights = query.new_zeros(query.shape[0], keys.shape[0])
        for b, n in enumerate(lengths.tolist()):
            weights[b, :n] = self.score(query[b], keys[:n, b]).softmax(0)
        return weights


class Decoder(nn.Module):
    """With dot, the scores of all messages at once: training by the loop takes a minute."""

    def __init__(self, vocab_size, hidden_size, method="dot"):
        super().__init__()
        self.emb = nn.Embedding(vocab_size, hidden_size)
        self.rnn = nn.GRU(hidden_size, hidden_size)
        self.attention = Attention(method, hidden_size)
        self.fast = method == "dot"
        self.combine = nn.Linear(2 * hidden_size, hidden_size)
        self.score = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, hidden, encoder_outputs, lengths):
        out, hidden = self.rnn(self.emb(token).unsqueeze(0), hidden.unsqueeze(0))
        hidden, steps = hidden.squeeze(0), torch.arange(encoder_outputs.size(0), device=token.device)
        if self.fast:
            energies = torch.einsum("bh,tbh->bt", hidden, encoder_outputs)
            weights = torch.where(steps < lengths.unsqueeze(1), energies, -torch.inf).softmax(dim=1)
        else:
            weights = self.attention(hidden, encoder_outputs, lengths)
        context = weights.unsqueeze(1).bmm(encoder_outputs.permute(1, 0, 2)).squeeze(1)
        return self.score(self.combine(torch.cat((out.squeeze(0), context), 1)).relu()), hidden, weights


class Encoder(nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocab_size, 2 * hidden_size)
        self.rnn = nn.GRU(2 * hidden_size, hidden_size, bidirectional=True, batch_first=True)

    def forward(self, tokens, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(
            self.emb(tokens.t()), lengths.to("cpu"), batch_first=True, enforce_sorted=False
        )
        packed, h = self.rnn(packed)
        out, _ = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
        out = out.view(out.size(0), out.size(1), 2, -1).sum(2)
        return out.transpose(0, 1), h[0] + h[1]
