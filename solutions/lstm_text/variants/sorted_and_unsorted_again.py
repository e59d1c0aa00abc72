"""Right: batches sorted by length as packing once needed, and unsorted again; gates by einsum; numpy for padding."""

import re
import unicodedata
from collections import defaultdict

import numpy as np
import torch
from torch import nn


def normalize(text):
    text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    text = text.lower().replace(".", " .").replace("!", " !").replace("?", " ?")
    return " ".join(re.sub("[^a-z.!?]", " ", text).split())


class Vocabulary:
    PAD, UNK = 0, 1

    def __init__(self, token_lists, min_count=1):
        count = defaultdict(int)
        for tokens in token_lists:
            for token in tokens:
                count[token] += 1
        alphabetical = sorted(word for word in count if count[word] >= min_count)
        by_count = sorted(alphabetical, key=count.get, reverse=True)  # stable: ties stay alphabetical
        self.word2id = {"<pad>": 0, "<unk>": 1}
        for word in by_count:
            self.word2id[word] = len(self.word2id)
        self.id2word = {number: word for word, number in self.word2id.items()}

    def __len__(self):
        return len(self.id2word)

    def encode(self, tokens):
        return [self.word2id[token] if token in self.word2id else Vocabulary.UNK for token in tokens]

    def decode(self, ids):
        return list(map(self.id2word.__getitem__, ids))


def pad_batch(sequences):
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    tokens = np.zeros((lengths.max() if len(lengths) else 0, len(sequences)), dtype=np.int64)
    for column, sequence in enumerate(sequences):
        tokens[: len(sequence), column] = sequence
    return torch.from_numpy(tokens), torch.from_numpy(lengths)


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        std = 0.1
        self.weight_ih = nn.Parameter(std * torch.randn(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(std * torch.randn(4 * hidden_size, hidden_size))
        bias = torch.zeros(4 * hidden_size)
        bias[hidden_size : 2 * hidden_size] = 1.0  # remember at first
        self.bias_ih = nn.Parameter(bias)
        self.bias_hh = nn.Parameter(torch.zeros(4 * hidden_size))

    def forward(self, x, state):
        h, c = state
        w, u = (weight.unflatten(0, (4, -1)) for weight in (self.weight_ih, self.weight_hh))
        z = torch.einsum("bi,khi->kbh", x, w) + torch.einsum("bj,khj->kbh", h, u)
        z = z + (self.bias_ih + self.bias_hh).unflatten(0, (4, -1))[:, None]
        c = torch.sigmoid(z[1]) * c + torch.sigmoid(z[0]) * torch.tanh(z[2])
        return torch.sigmoid(z[3]) * torch.tanh(c), c


def run_lstm(cell, x, lengths):
    """Longest first; each step runs only on the sequences that are not over yet."""
    size = cell.weight_hh.shape[1]
    lengths, order = lengths.sort(descending=True)
    x = x[:, order]
    h, c = x.new_zeros(x.shape[1], size), x.new_zeros(x.shape[1], size)
    outputs = []
    for t in range(x.shape[0]):
        going = int((lengths > t).sum())
        if going:
            new_h, new_c = cell(x[t, :going], (h[:going], c[:going]))
            h, c = torch.cat([new_h, h[going:]]), torch.cat([new_c, c[going:]])
        outputs.append(torch.cat([h[:going], torch.zeros_like(h[going:])]))
    back = order.argsort()
    return torch.stack(outputs)[:, back], h[back]


class TextClassifier(nn.Module):
    def __init__(self, vocab_size, embed_dim, hidden_size, num_classes, dropout=0.0, pretrained=None, freeze=False):
        super().__init__()
        if pretrained is not None:
            self.lookup = nn.Embedding.from_pretrained(pretrained.clone(), freeze=freeze)
        else:
            self.lookup = nn.Embedding(vocab_size, embed_dim)
        self.lstm = nn.LSTM(embed_dim, hidden_size)
        self.out = nn.Linear(hidden_size, num_classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens, lengths):
        lengths, order = torch.sort(lengths, descending=True)
        packed = nn.utils.rnn.pack_padded_sequence(self.lookup(tokens[:, order]), lengths.cpu())
        _, (h, _) = self.lstm(packed)
        logits = self.out(self.dropout(h.squeeze(0)))
        restored = torch.empty_like(logits)
        restored[order] = logits
        return restored


def clip_gradients(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    if not grads:
        return 0.0
    total = torch.linalg.vector_norm(torch.cat([grad.flatten() for grad in grads]))
    scale = (max_norm / (total + 1e-6)).clamp(max=1.0)
    for grad in grads:
        grad *= scale
    return total.item()
