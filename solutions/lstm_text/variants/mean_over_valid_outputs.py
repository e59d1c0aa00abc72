"""Right: the mean of the outputs over each sequence's own steps; a frozen table as a buffer; DataLoader; AdamW."""

import re
import unicodedata

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader


def normalize(text):
    letters = []
    for char in unicodedata.normalize("NFD", text.lower()):
        if unicodedata.combining(char):
            continue
        if char in ".!?":
            letters.append(" " + char)
        elif "a" <= char <= "z":
            letters.append(char)
        else:
            letters.append(" ")
    return " ".join("".join(letters).split())


def pad_batch(sequences):
    if len(sequences) == 0:
        return torch.zeros(0, 0, dtype=torch.long), torch.zeros(0, dtype=torch.long)
    tensors = [torch.LongTensor(sequence) for sequence in sequences]
    return pad_sequence(tensors, padding_value=0), torch.LongTensor([len(tensor) for tensor in tensors])


class ElmanRNN(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.ih = nn.Linear(input_size, hidden_size)
        self.hh = nn.Linear(hidden_size, hidden_size)

    def forward(self, x, hidden):
        incoming = self.ih(x)  # all steps at once
        outputs = torch.empty(x.shape[0], x.shape[1], self.hidden_size, dtype=x.dtype, device=x.device)
        for t in range(x.shape[0]):
            hidden = F.relu(incoming[t] + self.hh(hidden))
            outputs[t] = hidden
        return outputs, hidden


class TextClassifier(nn.Module):
    def __init__(self, vocab_size, embed_dim, hidden_size, num_classes, dropout=0.0, pretrained=None, freeze=False):
        super().__init__()
        table = torch.randn(vocab_size, embed_dim) * 0.3 if pretrained is None else pretrained.clone()
        if freeze:
            self.register_buffer("table", table)
        else:
            self.table = nn.Parameter(table)
        self.rnn = nn.LSTM(embed_dim, hidden_size, batch_first=True)
        self.p = dropout
        self.linear = nn.Linear(hidden_size, num_classes)

    def forward(self, tokens, lengths):
        x = F.embedding(tokens.t(), self.table)
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        outputs, _ = pad_packed_sequence(self.rnn(packed)[0], batch_first=True)
        mean = outputs.sum(dim=1) / lengths.unsqueeze(1)
        return self.linear(F.dropout(mean, self.p, self.training))


def train(texts, labels, *, num_classes, epochs=5, seed=0, device="cpu"):
    torch.manual_seed(seed)
    tokens = [normalize(text).split() for text in texts]
    vocab = Vocabulary(tokens)
    data = [(vocab.encode(each) or [vocab.UNK], label) for each, label in zip(tokens, labels)]

    def collate(batch):
        sequences, targets = zip(*batch)
        return *pad_batch(sequences), torch.tensor(targets)

    loader = DataLoader(data, batch_size=32, shuffle=True, collate_fn=collate)
    model = TextClassifier(len(vocab), 50, 80, num_classes).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        for x, lengths, targets in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x.to(device), lengths.to(device)), targets.to(device))
            loss.backward()
            clip_gradients(model.parameters(), 1.0)
            optimizer.step()
    model.vocab = vocab
    return model.eval()


def predict(model, texts, device="cpu"):
    results = []
    with torch.inference_mode():
        for text in texts:
            ids = model.vocab.encode(normalize(text).split())
            x, lengths = pad_batch([ids if ids else [1]])
            results.append(int(model(x.to(device), lengths.to(device)).argmax()))
    return torch.tensor(results, dtype=torch.int64)
