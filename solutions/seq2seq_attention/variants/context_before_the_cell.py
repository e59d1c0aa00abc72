"""Right: attends with the old state and feeds the context to the GRU, as Bahdanau does; log-probabilities as scores."""

import torch
from torch import nn


class Decoder(nn.Module):
    def __init__(self, vocab_size, hidden_size, method="dot"):
        super().__init__()
        self.words = nn.Embedding(vocab_size, hidden_size, padding_idx=0)
        self.attention = Attention(method, hidden_size)
        self.cell = nn.GRUCell(2 * hidden_size, hidden_size)
        self.scores = nn.Linear(3 * hidden_size, vocab_size)

    def forward(self, token, hidden, encoder_outputs, lengths):
        weights = self.attention(hidden, encoder_outputs, lengths)
        context = (weights.t().unsqueeze(-1) * encoder_outputs).sum(0)
        word = self.words(token)
        hidden = self.cell(torch.cat([word, context], -1), hidden)
        return torch.log_softmax(self.scores(torch.cat([hidden, context, word], -1)), -1), hidden, weights
