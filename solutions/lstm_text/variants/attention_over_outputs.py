"""Right: two stacked LSTMs, attention over the valid outputs; RMSprop with a falling rate; the model is a closure."""

import math

import torch
from torch import nn


class TextClassifier(nn.Module):
    def __init__(self, vocab_size, embed_dim, hidden_size, num_classes, dropout=0.0, pretrained=None, freeze=False):
        super().__init__()
        weight = nn.Embedding(vocab_size, embed_dim).weight.data if pretrained is None else pretrained.detach().clone()
        self.embedding = nn.Embedding(vocab_size, embed_dim, _weight=weight, _freeze=freeze)
        self.lstm = nn.LSTM(embed_dim, hidden_size, num_layers=2, dropout=dropout)
        self.score = nn.Linear(hidden_size, 1, bias=False)
        self.classify = nn.Linear(hidden_size, num_classes)

    def forward(self, tokens, lengths):
        outputs, _ = self.lstm(self.embedding(tokens))  # unpacked: an LSTM never looks ahead
        valid = torch.arange(len(tokens), device=tokens.device)[:, None] < lengths
        scores = self.score(outputs)[..., 0].masked_fill(~valid, -math.inf)
        return self.classify((scores.softmax(dim=0)[..., None] * outputs).sum(dim=0))


class ElmanRNN(nn.Module):
    """Concatenates the outputs step by step."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.ih, self.hh = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)

    def step(self, x, h):
        return torch.clamp_min(self.ih(x) + self.hh(h), 0)

    def forward(self, x, hidden):
        outputs = x.new_empty(0, x.shape[1], hidden.shape[1])
        for t in range(x.shape[0]):
            hidden = self.step(x[t], hidden)
            outputs = torch.cat((outputs, hidden.unsqueeze(0)))
        return outputs, hidden


def clip_gradients(parameters, max_norm):
    parameters = [p for p in parameters if p.grad is not None]
    total = math.sqrt(sum(p.grad.pow(2).sum().item() for p in parameters))
    factor = min(1.0, max_norm / total) if total > 0 else 1.0
    for p in parameters:
        p.grad.copy_(p.grad * factor)
    return total


def train(texts, labels, *, num_classes, epochs=5, seed=0, device="cpu"):
    torch.manual_seed(seed)
    vocabulary = Vocabulary([normalize(text).split() for text in texts])

    def encoded(each):
        tokens, lengths = pad_batch([vocabulary.encode(normalize(text).split()) or [1] for text in each])
        return tokens.to(device), lengths.to(device)

    tokens, lengths = encoded(texts)
    labels = torch.tensor(labels, device=device)
    net = TextClassifier(len(vocabulary), 48, 48, num_classes).to(device)
    optimizer = torch.optim.RMSprop(net.parameters(), lr=2e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    for _ in range(epochs):
        for batch in torch.randperm(len(texts), device=device).split(32):
            cut = lengths[batch].max()
            loss = nn.functional.cross_entropy(net(tokens[:cut, batch], lengths[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            clip_gradients(net.parameters(), 1.0)
            optimizer.step()
        scheduler.step()
    net.eval()

    def classify(each):
        with torch.no_grad():
            return net(*encoded(each)).argmax(-1).cpu()

    return classify


def predict(model, texts, device="cpu"):
    return model(texts) if len(texts) else torch.empty(0, dtype=torch.long)
