"""A chatbot that learns to answer: an encoder, attention, a decoder, a masked loss, teacher forcing, greedy replies.

A message is a list of words, and so is the answer to it. The encoder reads the message; the decoder writes the answer
word by word, and at each step looks at those words of the message that matter now. Messages of different lengths share
a batch, so the shorter ones are padded; nothing that stands in the padding may change a result. Time comes first: a
batch of tokens is (T, B), what the encoder makes of it (T, B, H).

Notation: B pairs in a batch, T time steps, H hidden units, V words in the vocabulary. Everything works on float32 and
float64 and on any device, and no function changes its arguments.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

Pair = tuple[list[str], list[str]]  # a message and its answer, word by word

# ---------------------------------------------------------------------------------------------------------------------
# Words and numbers: ready to be used, and nothing that you must use
# ---------------------------------------------------------------------------------------------------------------------

PAD, SOS, EOS = 0, 1, 2  # fills up short sequences; stands before an answer; ends it


class Words:
    """Words and their ids, from 3 on in order of appearance; 0, 1 and 2 are PAD, SOS and EOS.

    Args:
        token_lists: all texts in which the words occur.
    """

    def __init__(self, token_lists: Iterable[Sequence[str]]):
        found = dict.fromkeys(token for tokens in token_lists for token in tokens)
        self.words = ["<pad>", "<sos>", "<eos>", *found]
        self.ids = {word: number for number, word in enumerate(found, start=3)}

    def __len__(self) -> int:
        """How many ids there are, the special ones among them."""
        return len(self.words)

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """The id of each word, then EOS; a word without an id is left out."""
        return [*(self.ids[token] for token in tokens if token in self.ids), EOS]


def trim_pairs(pairs: Sequence[Pair], min_count: int) -> list[Pair]:
    """The pairs of which every word occurs at least ``min_count`` times, messages and answers counted together."""
    counts = Counter(token for pair in pairs for tokens in pair for token in tokens)
    return [pair for pair in pairs if all(counts[token] >= min_count for tokens in pair for token in tokens)]


def pad_columns(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Sequences of ids as columns of (T, B), filled up with PAD to the longest, and their lengths (B,); both int64."""
    lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int64)
    tokens = torch.full((max(map(len, sequences)), len(sequences)), PAD, dtype=torch.int64)
    for column, sequence in enumerate(sequences):
        tokens[: len(sequence), column] = torch.tensor(sequence, dtype=torch.int64)
    return tokens, lengths


# ---------------------------------------------------------------------------------------------------------------------
# The loss
# ---------------------------------------------------------------------------------------------------------------------


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Cross entropy of words, averaged over the True positions of a mask.

    Args:
        logits: (T, B, V), the score of each word; at masked positions anything may stand, NaN too.
        targets: (T, B) int64, the right words.
        mask: (T, B) bool, True where a word counts; at least one does.

    Returns:
        a scalar.
    """
    # BEGIN SOLUTION
    return nn.functional.cross_entropy(logits[mask], targets[mask])
    # END SOLUTION


# ---------------------------------------------------------------------------------------------------------------------
# The network
# ---------------------------------------------------------------------------------------------------------------------


class Attention(nn.Module):
    """How much each step of a message matters for a query: Luong's attention.

    Args:
        method: "dot", "general" or "concat".
        hidden_size: H.

    Attributes:
        W: of "general", nn.Linear(H, H) without bias; of "concat", nn.Linear(2H, H) without bias, of [query; key].
        v: of "concat", a parameter (H,).

    Raises:
        ValueError: there is no such method.
    """

    def __init__(self, method: str, hidden_size: int):
        super().__init__()
        # BEGIN SOLUTION
        if method not in ("dot", "general", "concat"):
            raise ValueError(f"method must be 'dot', 'general' or 'concat', not {method!r}")
        self.method = method
        if method == "general":
            self.W = nn.Linear(hidden_size, hidden_size, bias=False)
        elif method == "concat":
            self.W = nn.Linear(2 * hidden_size, hidden_size, bias=False)
            self.v = nn.Parameter(torch.empty(hidden_size).uniform_(-1, 1) / hidden_size**0.5)
        # END SOLUTION

    def forward(self, query: Tensor, keys: Tensor, lengths: Tensor) -> Tensor:
        """The weight of each step.

        Args:
            query: (B, H).
            keys: (T, B, H); what stands past a sequence's length is padding.
            lengths: (B,) int64, each in 1..T, in any order.

        Returns:
            (B, T); each row sums to 1, and is exactly 0 past the length.
        """
        # BEGIN SOLUTION
        if self.method == "dot":
            scores = (keys * query).sum(dim=-1)
        elif self.method == "general":
            scores = (self.W(keys) * query).sum(dim=-1)
        else:
            both = torch.cat([query.expand_as(keys), keys], dim=-1)
            scores = torch.tanh(self.W(both)) @ self.v
        padding = torch.arange(keys.shape[0], device=keys.device)[:, None] >= lengths
        return torch.softmax(scores.masked_fill(padding, float("-inf")).T, dim=1)
        # END SOLUTION


class Encoder(nn.Module):
    """Reads messages: an embedding and a bidirectional GRU, the states of its two directions added up.

    Args:
        vocab_size: V.
        hidden_size: H, of each direction.
    """

    def __init__(self, vocab_size: int, hidden_size: int):
        super().__init__()
        # BEGIN SOLUTION
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, bidirectional=True)
        # END SOLUTION

    def forward(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Read a batch.

        Args:
            tokens: (T, B) int64, T the length of the longest message; past a message's length stands padding.
            lengths: (B,) int64, each in 1..T, in any order.

        Returns:
            outputs (T, B, H), at each step the forward state plus the backward state; hidden (B, H), the last forward
            state (that of the last word) plus the last backward state (that of the first word).
        """
        # BEGIN SOLUTION
        embedded = self.embedding(tokens)
        packed = nn.utils.rnn.pack_padded_sequence(embedded, lengths.cpu(), enforce_sorted=False)
        outputs, hidden = self.gru(packed)
        outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs, total_length=tokens.shape[0])
        forward, backward = outputs.chunk(2, dim=2)
        return forward + backward, hidden.sum(dim=0)
        # END SOLUTION


class Decoder(nn.Module):
    """Writes an answer, one word a step, and looks at the message by attention.

    Args:
        vocab_size: V.
        hidden_size: H.
        method: of the attention.
    """

    def __init__(self, vocab_size: int, hidden_size: int, method: str = "dot"):
        super().__init__()
        # BEGIN SOLUTION
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.cell = nn.GRUCell(hidden_size, hidden_size)
        self.attention = Attention(method, hidden_size)
        self.combine = nn.Linear(2 * hidden_size, hidden_size)
        self.out = nn.Linear(hidden_size, vocab_size)
        # END SOLUTION

    def forward(
        self, token: Tensor, hidden: Tensor, encoder_outputs: Tensor, lengths: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One step.

        Args:
            token: (B,) int64, the word before.
            hidden: (B, H), the state before.
            encoder_outputs: (T, B, H).
            lengths: (B,) int64, of the messages.

        Returns:
            logits (B, V), the score of each word that may come next; hidden (B, H), the new state; weights (B, T), of
            the attention.
        """
        # BEGIN SOLUTION
        hidden = self.cell(self.embedding(token), hidden)
        weights = self.attention(hidden, encoder_outputs, lengths)
        context = torch.einsum("bt,tbh->bh", weights, encoder_outputs)
        combined = torch.tanh(self.combine(torch.cat([hidden, context], dim=1)))
        return self.out(combined), hidden, weights
        # END SOLUTION


# ---------------------------------------------------------------------------------------------------------------------
# Training and replying
# ---------------------------------------------------------------------------------------------------------------------


def train(
    pairs: Sequence[Pair],
    *,
    epochs: int,
    teacher_forcing: float = 0.5,
    clip: float = 1.0,
    seed: int = 0,
    device: str | torch.device = "cpu",
) -> Any:
    """Learn to answer.

    Args:
        pairs: N messages with their answers, each a list of words.
        epochs: how often to go through the pairs.
        teacher_forcing: the probability that the decoder gets the right word before, not its own: 1 always, 0 never.
        clip: the largest norm of the gradients that is let through.
        seed: of everything random; the same seed gives the same replies on the CPU.
        device: where to train.

    Returns:
        whatever ``reply`` needs.
    """
    # BEGIN SOLUTION
    torch.manual_seed(seed)
    coin = random.Random(seed)
    words = Words(tokens for pair in pairs for tokens in pair)
    encoded = [(words.encode(message), words.encode(answer)) for message, answer in pairs]
    net = nn.ModuleDict({"encoder": Encoder(len(words), 64), "decoder": Decoder(len(words), 64)}).to(device).train()
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _ in range(epochs):
        for batch in torch.randperm(len(encoded)).split(64):
            loss = _loss(net, [encoded[i] for i in batch.tolist()], lambda: coin.random() < teacher_forcing, device)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), clip)
            optimizer.step()
    return words, net
    # END SOLUTION


# BEGIN SOLUTION
def _loss(net, pairs, is_forced, device):
    """The loss of one batch; ``is_forced`` tosses a coin for each step."""
    messages, lengths = (each.to(device) for each in pad_columns([message for message, _ in pairs]))
    targets, sizes = (each.to(device) for each in pad_columns([answer for _, answer in pairs]))
    outputs, hidden = net["encoder"](messages, lengths)
    token, steps = torch.full_like(targets[0], SOS), []
    for target in targets:
        logits, hidden, _ = net["decoder"](token, hidden, outputs, lengths)
        steps.append(logits)
        token = target if is_forced() else logits.argmax(dim=1)
    mask = torch.arange(len(targets), device=device)[:, None] < sizes
    return masked_cross_entropy(torch.stack(steps), targets, mask)


# END SOLUTION
def reply(model: Any, tokens: Sequence[str], max_length: int = 20, device: str | torch.device = "cpu") -> list[str]:
    """Answer a message greedily: at each step the word of the highest score.

    Args:
        model: what ``train`` returned.
        tokens: the message, at least one word; all of them occurred in training.
        max_length: the most words that are returned.
        device: where to compute.

    Returns:
        the words of the answer, without the end marker.
    """
    # BEGIN SOLUTION
    words, net = model
    net.to(device).eval()
    with torch.no_grad():
        message, lengths = (each.to(device) for each in pad_columns([words.encode(tokens)]))
        outputs, hidden = net["encoder"](message, lengths)
        token, answer = torch.full_like(lengths, SOS), []
        while len(answer) < max_length:
            logits, hidden, _ = net["decoder"](token, hidden, outputs, lengths)
            token = logits.argmax(dim=1)
            if token.item() == EOS:
                break
            answer.append(words.words[token.item()])
    return answer
    # END SOLUTION
