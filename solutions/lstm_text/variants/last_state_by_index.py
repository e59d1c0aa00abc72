"""Right: no packing: the output at each sequence's last step, by indexing; rare words dropped; learning rate 1e-3."""

import string
import unicodedata
from collections import Counter

import torch
from torch import nn

_KEEP = set(string.ascii_lowercase)


def normalize(text):
    out = ""
    for char in unicodedata.normalize("NFD", text):
        if unicodedata.category(char).startswith("Mn"):
            continue
        for lowered in char.lower():
            if lowered in ".!?":
                out = out.rstrip(" ") + " " + lowered
            elif lowered in _KEEP:
                out += lowered
            elif not out.endswith(" "):
                out += " "
    return out.strip()


class Vocabulary:
    PAD = 0
    UNK = 1

    def __init__(self, token_lists, min_count=1):
        counter = Counter()
        for tokens in token_lists:
            counter.update(tokens)
        ordered = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
        self.itos = ["<pad>", "<unk>"]
        self.itos.extend(word for word, count in ordered if count >= min_count)
        self.stoi = {word: i for i, word in enumerate(self.itos) if i > 1}

    def __len__(self):
        return len(self.stoi) + 2

    def encode(self, tokens):
        ids = []
        for token in tokens:
            ids.append(self.stoi.get(token, 1))
        return ids

    def decode(self, ids):
        return [self.itos[i] for i in ids]


class TextClassifier(nn.Module):
    def __init__(self, vocab_size, embed_dim, hidden_size, num_classes, dropout=0.0, pretrained=None, freeze=False):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim, padding_idx=0)
        if pretrained is not None:
            self.embedding.weight.data = pretrained.clone()
        if freeze:
            for parameter in self.embedding.parameters():
                parameter.requires_grad = False
        self.lstm = nn.LSTM(embed_dim, hidden_size)
        self.hidden = nn.Linear(hidden_size, hidden_size)
        self.out = nn.Linear(hidden_size, num_classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens, lengths):
        outputs, _ = self.lstm(self.embedding(tokens))
        last = outputs[lengths - 1, torch.arange(tokens.shape[1], device=tokens.device)]
        return self.out(self.dropout(torch.tanh(self.hidden(last))))


def train(texts, labels, *, num_classes, epochs=5, seed=0, device="cpu"):
    torch.manual_seed(seed)
    token_lists = [normalize(text).split() for text in texts]
    vocabulary = Vocabulary(token_lists, min_count=2 if len(texts) > 1000 else 1)
    encoded = [vocabulary.encode(tokens) for tokens in token_lists]
    net = TextClassifier(len(vocabulary), 100, 100, num_classes, dropout=0.2).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-5)
    for _ in range(epochs):
        net.train()
        order = torch.randperm(len(encoded)).tolist()
        for k in range(0, len(order), 64):
            chunk = order[k : k + 64]
            tokens, lengths = pad_batch([encoded[i] if encoded[i] else [1] for i in chunk])
            target = torch.tensor([labels[i] for i in chunk], device=device)
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(tokens.to(device), lengths.to(device)), target).backward()
            clip_gradients(net.parameters(), 5)
            optimizer.step()
    return net, vocabulary


def predict(model, texts, device="cpu"):
    net, vocabulary = model
    net.eval()
    if len(texts) == 0:
        return torch.tensor([], dtype=torch.int64)
    tokens, lengths = pad_batch([vocabulary.encode(normalize(text).split()) for text in texts])
    if len(tokens) == 0:
        tokens = torch.ones(1, len(texts), dtype=torch.int64)
    lengths = lengths.clamp(min=1)  # a text without words is read as one PAD
    with torch.no_grad():
        return net(tokens.to(device), lengths.to(device)).argmax(1).to("cpu")
