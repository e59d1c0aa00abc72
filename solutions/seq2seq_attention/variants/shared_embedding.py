"""Right: scores by the embedding itself; a coin for each batch; concat attention; larger and slower learning."""

import torch
from torch import nn


class Decoder(nn.Module):
    def __init__(self, vocab_size, hidden_size, method="dot"):
        super().__init__()
        self.table = nn.Parameter(torch.randn(vocab_size, hidden_size) * 0.3)
        self.bias = nn.Parameter(torch.zeros(vocab_size))
        self.rnn = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.attend = Attention(method, hidden_size)
        self.of_state = nn.Linear(hidden_size, hidden_size)
        self.of_context = nn.Linear(hidden_size, hidden_size, bias=False)

    def forward(self, token, hidden, encoder_outputs, lengths):
        out, new = self.rnn(self.table[token][:, None], hidden[None].contiguous())
        weights = self.attend(new[0], encoder_outputs, lengths)
        context = torch.bmm(weights[:, None], encoder_outputs.transpose(0, 1))[:, 0]
        mixed = nn.functional.gelu(self.of_state(out[:, 0]) + self.of_context(context))
        return mixed @ self.table.T + self.bias, new[0], weights


def train(pairs, *, epochs, teacher_forcing=0.5, clip=1.0, seed=0, device="cpu"):
    torch.manual_seed(seed)
    words = Words(side for pair in pairs for side in pair)
    encoder, decoder = Encoder(len(words), 96).to(device), Decoder(len(words), 96, method="concat").to(device)
    both = nn.ModuleList([encoder, decoder])
    optimizer = torch.optim.Adam(both.parameters(), lr=1e-3)
    for epoch in range(epochs):
        order = torch.randperm(len(pairs)).tolist()
        for start in range(0, len(order), 100):
            chosen = [pairs[i] for i in order[start : start + 100]]
            messages, lengths = pad_columns([words.encode(message) for message, _ in chosen])
            answers, sizes = pad_columns([words.encode(answer) for _, answer in chosen])
            messages, lengths, answers = messages.to(device), lengths.to(device), answers.to(device)
            mask = (torch.arange(answers.shape[0])[:, None] < sizes).to(device)
            forced = torch.rand(()).item() < teacher_forcing
            outputs, hidden = encoder(messages, lengths)
            token, scores = torch.full_like(answers[0], SOS), []
            for step in answers:
                logits, hidden, _ = decoder(token, hidden, outputs, lengths)
                scores.append(logits)
                token = step if forced else logits.detach().argmax(-1)
            both.zero_grad()
            masked_cross_entropy(torch.stack(scores), answers, mask).backward()
            torch.nn.utils.clip_grad_norm_(both.parameters(), max_norm=clip)
            optimizer.step()
    return {"words": words, "encoder": encoder, "decoder": decoder}


def reply(model, tokens, max_length=20, device="cpu"):
    words, encoder, decoder = model["words"], model["encoder"].to(device).eval(), model["decoder"].to(device).eval()
    ids = []
    with torch.no_grad():
        message, lengths = pad_columns([words.encode(tokens)])
        lengths = lengths.to(device)
        outputs, hidden = encoder(message.to(device), lengths)
        token = torch.tensor([SOS], device=device)
        while len(ids) < max_length and token.item() != EOS:
            logits, hidden, _ = decoder(token, hidden, outputs, lengths)
            token = logits.argmax(1)
            ids.append(token.item())
    return [words.words[i] for i in ids if i != EOS]
