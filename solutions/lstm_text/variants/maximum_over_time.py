"""Right: the maximum of the outputs over valid steps; sequences one by one; buckets of equal length; NAdam."""

import torch
from torch import nn
from torch.nn import functional as F


class LSTMCell(nn.Module):
    """Initialised as torch.nn.LSTMCell does; sigmoid by tanh."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size

        def make(*shape):
            return nn.Parameter(torch.empty(*shape))

        self.weight_ih, self.weight_hh = make(4 * hidden_size, input_size), make(4 * hidden_size, hidden_size)
        self.bias_ih, self.bias_hh = make(4 * hidden_size), make(4 * hidden_size)
        for p in self.parameters():
            nn.init.uniform_(p, -(hidden_size**-0.5), hidden_size**-0.5)

    def forward(self, x, state):
        h, c = state
        z = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = torch.split(z, self.weight_hh.shape[1], dim=-1)

        def s(v):
            return 0.5 * (1 + torch.tanh(0.5 * v))

        c_next = torch.mul(s(f), c).add(torch.mul(s(i), torch.tanh(g)))
        return torch.mul(s(o), torch.tanh(c_next)), c_next


def run_lstm(cell, x, lengths):
    """One sequence after the other."""
    T, B, _ = x.shape
    H = cell.weight_hh.shape[1]
    columns, ends = [], []
    for b in range(B):
        h, c = x.new_zeros(1, H), x.new_zeros(1, H)
        states = []
        for t in range(int(lengths[b])):
            h, c = cell(x[t, b].unsqueeze(0), (h, c))
            states.append(h[0])
        states += [x.new_zeros(H)] * (T - len(states))
        columns.append(torch.stack(states))
        ends.append(h[0])
    if B == 0:
        return x.new_zeros(T, 0, H), x.new_zeros(0, H)
    return torch.stack(columns, dim=1), torch.stack(ends)


class TextClassifier(nn.Module):
    """Maximum over the valid outputs."""

    def __init__(self, vocab_size, embed_dim, hidden_size, num_classes, dropout=0.0, pretrained=None, freeze=False):
        super().__init__()
        self.emb = nn.Parameter(torch.randn(vocab_size, embed_dim) if pretrained is None else pretrained + 0)
        self.emb.requires_grad_(not freeze)
        self.rnn = nn.LSTM(embed_dim, hidden_size)
        self.top = nn.Linear(hidden_size, num_classes)
        self.dropout = dropout

    def forward(self, tokens, lengths):
        x = F.dropout(self.emb[tokens], self.dropout, self.training)
        outputs = self.rnn(x)[0]
        steps = torch.arange(tokens.size(0), device=tokens.device).view(-1, 1, 1)
        outputs = outputs.masked_fill(steps >= lengths.view(1, -1, 1), float("-inf"))
        return self.top(outputs.amax(dim=0))


def train(texts, labels, *, num_classes, epochs=5, seed=0, device="cpu"):
    torch.manual_seed(seed)
    vocabulary = Vocabulary(normalize(text).split() for text in texts)
    ids = [vocabulary.encode(normalize(text).split()) or [Vocabulary.UNK] for text in texts]
    net = TextClassifier(len(vocabulary), 64, 64, num_classes, 0.1).to(device)
    optimizer = torch.optim.NAdam(net.parameters(), lr=2e-3)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.02)
    for _ in range(epochs):
        order = sorted(torch.randperm(len(ids)).tolist(), key=lambda i: len(ids[i]))  # stable: random within a length
        chunks = [order[k : k + 48] for k in range(0, len(order), 48)]
        for k in torch.randperm(len(chunks)).tolist():
            tokens, lengths = pad_batch([ids[i] for i in chunks[k]])
            logits = net.train()(tokens.to(device), lengths.to(device))
            loss = loss_of(logits, torch.tensor([labels[i] for i in chunks[k]], device=device))
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
            optimizer.step()
    return {"state": net.state_dict(), "sizes": (len(vocabulary), 64, 64, num_classes), "vocabulary": vocabulary}


@torch.no_grad()
def predict(model, texts, device="cpu"):
    net = TextClassifier(*model["sizes"])
    net.load_state_dict(model["state"])
    net = net.to(device).eval()
    found = []
    for text in texts:
        ids = model["vocabulary"].encode(normalize(text).split()) or [Vocabulary.UNK]
        tokens, lengths = pad_batch([ids])
        found.append(net(tokens.to(device), lengths.to(device))[0].argmax().item())
    return torch.tensor(found, dtype=torch.long)
