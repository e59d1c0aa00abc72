"""Right: as the chatbot tutorial: packing by sorting, masks by gather, coins for whole batches, two optimizers."""

import random

import torch
import torch.nn.functional as F
from torch import nn


def masked_cross_entropy(logits, targets, mask):
    log_p = F.log_softmax(logits, dim=2)
    picked = torch.gather(log_p, 2, targets.unsqueeze(2)).squeeze(2)
    return -picked.masked_select(mask).mean()


class Attention(nn.Module):
    def __init__(self, method, hidden_size):
        super().__init__()
        self.method = method
        if self.method not in ["dot", "general", "concat"]:
            raise ValueError(self.method, "is not an appropriate attention method.")
        if self.method == "general":
            self.W = nn.Linear(hidden_size, hidden_size, bias=False)
        elif self.method == "concat":
            self.W = nn.Linear(hidden_size * 2, hidden_size, bias=False)
            self.v = nn.Parameter(torch.rand(hidden_size) - 0.5)

    def dot_score(self, hidden, outputs):
        return torch.sum(hidden * outputs, dim=2)

    def general_score(self, hidden, outputs):
        return torch.sum(hidden * self.W(outputs), dim=2)

    def concat_score(self, hidden, outputs):
        both = torch.cat((hidden.unsqueeze(0).expand(outputs.size(0), -1, -1), outputs), 2)
        return torch.sum(self.v * self.W(both).tanh(), dim=2)

    def forward(self, query, keys, lengths):
        energies = getattr(self, self.method + "_score")(query, keys).t()
        steps = torch.arange(energies.size(1), device=energies.device).unsqueeze(0)
        energies = energies.masked_fill(steps >= lengths.unsqueeze(1), -float("inf"))
        return F.softmax(energies, dim=1)


class Encoder(nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, bidirectional=True)

    def forward(self, tokens, lengths):
        ordered, order = torch.sort(lengths, descending=True)
        back = torch.argsort(order)
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(tokens[:, order]), ordered.to("cpu"))
        outputs, hidden = self.gru(packed)
        outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs)
        outputs = outputs[:, :, : self.hidden_size] + outputs[:, :, self.hidden_size :]
        return outputs[:, back], (hidden[0] + hidden[1])[back]


class Decoder(nn.Module):
    def __init__(self, vocab_size, hidden_size, method="dot"):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.embedding_dropout = nn.Dropout(0.1)
        self.gru = nn.GRU(hidden_size, hidden_size)
        self.concat = nn.Linear(hidden_size * 2, hidden_size)
        self.out = nn.Linear(hidden_size, vocab_size)
        self.attn = Attention(method, hidden_size)

    def forward(self, token, hidden, encoder_outputs, lengths):
        embedded = self.embedding_dropout(self.embedding(token.unsqueeze(0)))
        rnn_output, hidden = self.gru(embedded, hidden.unsqueeze(0).contiguous())
        weights = self.attn(rnn_output.squeeze(0), encoder_outputs, lengths)
        context = weights.unsqueeze(1).bmm(encoder_outputs.transpose(0, 1)).squeeze(1)
        output = torch.tanh(self.concat(torch.cat((rnn_output.squeeze(0), context), 1)))
        return self.out(output), hidden.squeeze(0), weights


class _Bot:
    def __init__(self, pairs):
        self.index2word = {0: "PAD", 1: "SOS", 2: "EOS"}
        for pair in pairs:
            for sentence in pair:
                for word in sentence:
                    if word not in self.index2word.values():
                        self.index2word[len(self.index2word)] = word
        self.word2index = {word: index for index, word in self.index2word.items()}

    def indexes(self, sentence):
        return [self.word2index[word] for word in sentence] + [2]


def train(pairs, *, epochs, teacher_forcing=0.5, clip=1.0, seed=0, device="cpu"):
    torch.manual_seed(seed)
    random.seed(seed)
    bot = _Bot(pairs)
    bot.encoder = Encoder(len(bot.index2word), 96).to(device)
    bot.decoder = Decoder(len(bot.index2word), 96).to(device)
    encoder_optimizer = torch.optim.Adam(bot.encoder.parameters(), lr=0.001)
    decoder_optimizer = torch.optim.Adam(bot.decoder.parameters(), lr=0.002)
    pairs = list(pairs)
    for _ in range(epochs):
        random.shuffle(pairs)
        for start in range(0, len(pairs), 50):
            batch = sorted(pairs[start : start + 50], key=lambda pair: len(pair[0]), reverse=True)
            source = nn.utils.rnn.pad_sequence([torch.tensor(bot.indexes(a)) for a, _ in batch]).to(device)
            lengths = torch.tensor([len(a) + 1 for a, _ in batch], device=device)
            target = nn.utils.rnn.pad_sequence([torch.tensor(bot.indexes(b)) for _, b in batch]).to(device)
            encoder_outputs, hidden = bot.encoder(source, lengths)
            decoder_input = torch.ones(len(batch), dtype=torch.long, device=device)
            use_teacher_forcing = random.random() < teacher_forcing
            all_logits = []
            for t in range(target.size(0)):
                logits, hidden, _ = bot.decoder(decoder_input, hidden, encoder_outputs, lengths)
                all_logits.append(logits)
                decoder_input = target[t] if use_teacher_forcing else logits.topk(1)[1].squeeze(1).detach()
            loss = masked_cross_entropy(torch.stack(all_logits), target, target != 0)
            encoder_optimizer.zero_grad()
            decoder_optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(bot.encoder.parameters(), clip)
            nn.utils.clip_grad_norm_(bot.decoder.parameters(), clip)
            encoder_optimizer.step()
            decoder_optimizer.step()
    return bot


@torch.no_grad()
def reply(model, tokens, max_length=20, device="cpu"):
    model.encoder.to(device).eval()
    model.decoder.to(device).eval()
    source = torch.tensor(model.indexes(tokens), device=device).unsqueeze(1)
    lengths = torch.tensor([source.size(0)], device=device)
    outputs, hidden = model.encoder(source, lengths)
    word, said = torch.tensor([1], device=device), []
    for _ in range(max_length):
        logits, hidden, _ = model.decoder(word, hidden, outputs, lengths)
        word = logits.max(dim=1)[1]
        if word.item() == 2:
            break
        said.append(model.index2word[word.item()])
    return said
