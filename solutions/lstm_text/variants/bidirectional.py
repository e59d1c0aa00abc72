"""Right: a bidirectional LSTM, both last states; torch's own clipping; gates one by one; the model is a dictionary."""

import torch
from torch import nn


class LSTMCell(nn.Module):
    """The four gates one by one, each from its own rows."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.Tensor(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.Tensor(4 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.zeros(4 * hidden_size))
        self.bias_hh = nn.Parameter(torch.zeros(4 * hidden_size))
        nn.init.xavier_uniform_(self.weight_ih)
        nn.init.orthogonal_(self.weight_hh)

    def forward(self, x, state):
        h, c = state
        incoming = nn.functional.linear(x, self.weight_ih, self.bias_ih)
        remembered = nn.functional.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = (a + b for a, b in zip(incoming.chunk(4, -1), remembered.chunk(4, -1)))
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * c + i * g
        return o * c.tanh(), c


def run_lstm(cell, x, lengths):
    """Keeps all states, and picks the last one by gather; masks the outputs at the end."""
    size = cell.weight_hh.shape[-1]
    h, c = x.new_zeros(x.shape[1], size), x.new_zeros(x.shape[1], size)
    states = []
    for t in range(len(x)):
        h, c = cell(x[t], (h, c))
        states.append(h)
    states = torch.stack(states)
    index = (lengths - 1).view(1, -1, 1).expand(1, -1, size)
    last = states.gather(0, index)[0]
    past = torch.arange(len(x), device=x.device)[:, None] >= lengths[None, :]
    return states.masked_fill(past[:, :, None], 0.0), last


class TextClassifier(nn.Module):
    def __init__(self, vocab_size, embed_dim, hidden_size, num_classes, dropout=0.0, pretrained=None, freeze=False):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, embed_dim)
        if pretrained is not None:
            self.embed.load_state_dict({"weight": pretrained})
        self.embed.weight.requires_grad = not freeze
        self.lstm = nn.LSTM(embed_dim, hidden_size, bidirectional=True)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(2 * hidden_size, num_classes)

    def forward(self, tokens, lengths):
        x = self.drop(self.embed(tokens))
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths.to("cpu"), enforce_sorted=False)
        _, (h, _) = self.lstm(packed)
        return self.fc(torch.cat([h[0], h[1]], dim=1))


def clip_gradients(parameters, max_norm):
    return nn.utils.clip_grad_norm_(list(parameters), max_norm).item()


def train(texts, labels, *, num_classes, epochs=5, seed=0, device="cpu"):
    torch.manual_seed(seed)
    tokens = [normalize(text).split() for text in texts]
    vocabulary = Vocabulary(tokens, min_count=1)
    net = TextClassifier(len(vocabulary), 64, 48, num_classes, dropout=0.1).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    order = list(range(len(texts)))
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        order = torch.randperm(len(texts), generator=generator).tolist()
        for start in range(0, len(order), 50):
            chosen = order[start : start + 50]
            x, lengths = pad_batch([vocabulary.encode(tokens[i]) or [1] for i in chosen])
            loss = nn.CrossEntropyLoss()(
                net(x.to(device), lengths), torch.tensor([labels[i] for i in chosen]).to(device)
            )
            net.zero_grad()
            loss.backward()
            optimizer.step()
    return {"net": net, "vocabulary": vocabulary}


def predict(model, texts, device="cpu"):
    if not texts:
        return torch.zeros(0, dtype=torch.long)
    net, vocabulary = model["net"].to(device), model["vocabulary"]
    net.eval()
    x, lengths = pad_batch([vocabulary.encode(normalize(text).split()) or [1] for text in texts])
    with torch.no_grad():
        return net(x.to(device), lengths.to(device)).max(1).indices.cpu()
