"""Right: two one-way GRUs, one over reversed messages; two vocabularies; a coin for each answer; AdamW."""

import torch
from torch import nn


def masked_cross_entropy(logits, targets, mask):
    flat = targets.masked_fill(~mask, -100).reshape(-1)
    return nn.functional.cross_entropy(logits.reshape(flat.numel(), -1), flat, ignore_index=-100)


class Encoder(nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocab_size, hidden_size // 2 + 1)
        self.right = nn.GRU(hidden_size // 2 + 1, hidden_size, batch_first=True)
        self.left = nn.GRU(hidden_size // 2 + 1, hidden_size, batch_first=True)

    def forward(self, tokens, lengths):
        steps = torch.arange(len(tokens), device=tokens.device)[:, None]
        reversed_steps = torch.where(steps < lengths, lengths - 1 - steps, steps)
        rows = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.emb(tokens.T)
        right, _ = self.right(x)
        left, _ = self.left(self.emb(tokens.gather(0, reversed_steps).T))
        right, left = right.transpose(0, 1), left.transpose(0, 1)
        last = right[lengths - 1, rows] + left[lengths - 1, rows]
        return right + left[reversed_steps, rows], last


def train(pairs, *, epochs, teacher_forcing=0.5, clip=1.0, seed=0, device="cpu"):
    rng = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed + 1)
    heard = {w: i for i, w in enumerate(sorted({w for a, _ in pairs for w in a}))}
    said = ["<end>", "<start>", *sorted({w for _, b in pairs for w in b})]
    ids = {w: i for i, w in enumerate(said)}
    encoder, decoder = Encoder(len(heard), 48).to(device), Decoder(len(said), 48, "general").to(device)
    weights = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=3e-3)
    data = [([heard[w] for w in a], [ids[w] for w in b] + [0]) for a, b in pairs]

    def columns(lists):
        lengths = torch.tensor([len(each) for each in lists], device=device)
        padded = [each + [0] * (int(lengths.max()) - len(each)) for each in lists]
        return torch.tensor(padded, device=device).T, lengths

    loader = torch.utils.data.DataLoader(data, 40, shuffle=True, collate_fn=lambda b: b, generator=rng)
    for _ in range(epochs):
        for batch in loader:
            (x, n), (y, m) = columns([a for a, _ in batch]), columns([b for _, b in batch])
            outputs, h = encoder(x, n)
            word, logits = torch.ones_like(m), []
            for t in range(len(y)):
                score, h, _ = decoder(word, h, outputs, n)
                logits.append(score)
                forced = (torch.rand(len(m), generator=rng) < teacher_forcing).to(device)
                word = torch.where(forced, y[t], score.argmax(1))
            mask = torch.arange(len(y), device=device)[:, None] < m
            loss = masked_cross_entropy(torch.stack(logits), y, mask)
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
            norm = torch.sqrt(sum(p.grad.square().sum() for p in weights if p.grad is not None))
            for p in weights:
                if p.grad is not None:
                    p.grad *= min(1.0, clip / (float(norm) + 1e-30))
            optimizer.step()
    return encoder.eval(), decoder.eval(), heard, said


def reply(model, tokens, max_length=20, device="cpu"):
    encoder, decoder, heard, said = model
    x = torch.tensor([[heard[w]] for w in tokens], device=device)
    n = torch.tensor([len(tokens)], device=device)
    with torch.inference_mode():
        outputs, h = encoder.to(device)(x, n)
        decoder.to(device)
        words, last = [], 1
        for _ in range(max_length):
            score, h, _ = decoder(torch.tensor([last], device=device), h, outputs, n)
            last = int(score[0].argmax())
            if last == 0:
                return words
            words.append(said[last])
    return words
