"""From a string to a label: text cleaning, a vocabulary, padding, recurrent networks, and an LSTM classifier.

Sequences of different lengths share a batch, so the shorter ones are padded; nothing that stands in the padding may
change a result. Time comes first: a batch of tokens is (T, B), of features (T, B, I).

Notation: B sequences in a batch, T time steps, I features in, H hidden units, V words in the vocabulary, E features of
an embedding, C classes. Everything works on float32 and float64 and on any device, and no function changes its
arguments unless its docstring says so.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

# ---------------------------------------------------------------------------------------------------------------------
# Text to numbers
# ---------------------------------------------------------------------------------------------------------------------


def normalize(text: str) -> str:
    """Plain lower-case text: only a-z, ``.``, ``!``, ``?`` and single spaces are left.

    Accents are stripped (Unicode form NFD, combining marks dropped), letters lowered, a space put before each of ``.``
    ``!`` ``?``; then every run of other characters becomes one space, and there is none at either end.
    """
    # BEGIN SOLUTION
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(char for char in decomposed if unicodedata.category(char) != "Mn").lower()
    spaced = re.sub(r"([.!?])", r" \1", bare)
    return re.sub(r"[^a-z.!?]+", " ", spaced).strip()
    # END SOLUTION


class Vocabulary:
    """Words and their ids.

    Ids 0 and 1 are taken: ``PAD`` fills up short sequences, ``UNK`` stands for words that have no id. The other words
    get ids from 2 on by falling count, words of equal count in alphabetical order.

    Args:
        token_lists: the tokens of each text.
        min_count: words that occur less often get no id.
    """

    PAD = 0
    UNK = 1

    def __init__(self, token_lists: Iterable[Sequence[str]], min_count: int = 1):
        # BEGIN SOLUTION
        counts = Counter(token for tokens in token_lists for token in tokens)
        kept = [word for word, count in counts.items() if count >= min_count]
        kept.sort(key=lambda word: (-counts[word], word))
        self._words = ["<pad>", "<unk>", *kept]
        self._ids = {word: number for number, word in enumerate(kept, start=2)}
        # END SOLUTION

    def __len__(self) -> int:
        """How many ids there are, PAD and UNK among them."""
        # BEGIN SOLUTION
        return len(self._words)
        # END SOLUTION

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """The id of each token, UNK for those that have none."""
        # BEGIN SOLUTION
        return [self._ids.get(token, self.UNK) for token in tokens]
        # END SOLUTION

    def decode(self, ids: Sequence[int]) -> list[str]:
        """The word of each id, ``<pad>`` for PAD and ``<unk>`` for UNK."""
        # BEGIN SOLUTION
        return [self._words[number] for number in ids]
        # END SOLUTION


def pad_batch(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Sequences of ids side by side, the shorter ones filled up with PAD.

    Args:
        sequences: B lists of ids, of any lengths, 0 too.

    Returns:
        tokens (T, B), int64, T the length of the longest; lengths (B,), int64. Without sequences (0, 0) and (0,).
    """
    # BEGIN SOLUTION
    lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int64)
    longest = max((len(sequence) for sequence in sequences), default=0)
    tokens = torch.full((longest, len(sequences)), Vocabulary.PAD, dtype=torch.int64)
    for column, sequence in enumerate(sequences):
        tokens[: len(sequence), column] = torch.tensor(sequence, dtype=torch.int64)
    return tokens, lengths
    # END SOLUTION


# ---------------------------------------------------------------------------------------------------------------------
# Recurrent networks
# ---------------------------------------------------------------------------------------------------------------------


class ElmanRNN(nn.Module):
    """The simplest recurrent network: h <- relu(ih(x_t) + hh(h)).

    Attributes:
        ih: nn.Linear(input_size, hidden_size), what comes in.
        hh: nn.Linear(hidden_size, hidden_size), what is remembered.
    """

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        # BEGIN SOLUTION
        self.ih = nn.Linear(input_size, hidden_size)
        self.hh = nn.Linear(hidden_size, hidden_size)
        # END SOLUTION

    def forward(self, x: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Run over all steps.

        Args:
            x: (T, B, I), T at least 1.
            hidden: (B, H), the state before the first step.

        Returns:
            outputs (T, B, H), the state after each step; hidden (B, H), the state after the last.
        """
        # BEGIN SOLUTION
        outputs = []
        for step in x:
            hidden = torch.relu(self.ih(step) + self.hh(hidden))
            outputs.append(hidden)
        return torch.stack(outputs), hidden
        # END SOLUTION


class LSTMCell(nn.Module):
    """One step of a long short-term memory, as torch.nn.LSTMCell computes it, without any recurrent class of torch.nn.

    Attributes:
        weight_ih: (4H, I), the rows of the gates i, f, g, o below each other.
        weight_hh: (4H, H), likewise.
        bias_ih, bias_hh: (4H,), likewise.
    """

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        # BEGIN SOLUTION
        bound = hidden_size**-0.5
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden_size, input_size).uniform_(-bound, bound))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden_size, hidden_size).uniform_(-bound, bound))
        self.bias_ih = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))
        self.bias_hh = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))
        # END SOLUTION

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """One step.

        Args:
            x: (B, I).
            state: (h, c), each (B, H).

        Returns:
            the new (h, c).
        """
        # BEGIN SOLUTION
        h, c = state
        gates = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = gates.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
        # END SOLUTION


def run_lstm(cell: LSTMCell, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Run a cell over sequences of different lengths, from a zero state.

    Args:
        cell: from I to H features.
        x: (T, B, I), T at least 1; what stands past a sequence's length is padding and has no effect.
        lengths: (B,) int64, each in 1..T, in any order.

    Returns:
        outputs (T, B, H), the state h after each step, 0 past each length; last (B, H), the state h after the last
        valid step of each sequence.
    """
    # BEGIN SOLUTION
    hidden_size = cell.weight_hh.shape[1]
    h = c = x.new_zeros(x.shape[1], hidden_size)
    outputs = []
    for t, step in enumerate(x):
        valid = (t < lengths)[:, None]
        new_h, new_c = cell(step, (h, c))
        h, c = torch.where(valid, new_h, h), torch.where(valid, new_c, c)  # a sequence that has ended keeps its state
        outputs.append(torch.where(valid, h, torch.zeros_like(h)))
    return torch.stack(outputs), h
    # END SOLUTION


# ---------------------------------------------------------------------------------------------------------------------
# The classifier and its training
# ---------------------------------------------------------------------------------------------------------------------


class TextClassifier(nn.Module):
    """Embedding, LSTM, linear layer: the logits of each sequence of ids.

    Args:
        vocab_size: V, the number of ids; PAD is 0.
        embed_dim: E.
        hidden_size: H.
        num_classes: C.
        dropout: the probability that a feature is dropped in training mode; 0 drops none.
        pretrained: (V, E), what the embedding starts from; random if None.
        freeze: the embedding stays as it is in training.
    """

    def __init__(
        self,
        vocab_size: int,
        embed_dim: int,
        hidden_size: int,
        num_classes: int,
        dropout: float = 0.0,
        pretrained: Tensor | None = None,
        freeze: bool = False,
    ):
        super().__init__()
        # BEGIN SOLUTION
        self.embedding = nn.Embedding(vocab_size, embed_dim)
        if pretrained is not None:
            with torch.no_grad():
                self.embedding.weight.copy_(pretrained)
        self.embedding.weight.requires_grad_(not freeze)
        self.lstm = nn.LSTM(embed_dim, hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(hidden_size, num_classes)
        # END SOLUTION

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The logits.

        Args:
            tokens: (T, B) int64, filled up with PAD.
            lengths: (B,) int64, each in 1..T, in any order; more padding than needed changes nothing.

        Returns:
            (B, C).
        """
        # BEGIN SOLUTION
        embedded = self.dropout(self.embedding(tokens))
        packed = nn.utils.rnn.pack_padded_sequence(embedded, lengths.cpu(), enforce_sorted=False)
        _, (hidden, _) = self.lstm(packed)
        return self.out(self.dropout(hidden[-1]))
        # END SOLUTION


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients, in place, by min(1, max_norm / total), where total is the 2-norm of all of them together.

    Args:
        parameters: what ``model.parameters()`` gives: an iterable that can be gone through once. Those without a
            gradient are skipped.
        max_norm: the largest norm that is left.

    Returns:
        total, before scaling: a Python float; 0.0 without any gradient.
    """
    # BEGIN SOLUTION
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = sum(float(grad.square().sum()) for grad in grads) ** 0.5
    if total > max_norm:
        for grad in grads:
            grad.mul_(max_norm / total)
    return total
    # END SOLUTION


def train(
    texts: Sequence[str],
    labels: Sequence[int],
    *,
    num_classes: int,
    epochs: int = 5,
    seed: int = 0,
    device: str | torch.device = "cpu",
) -> Any:
    """Train a classifier on raw texts.

    Args:
        texts: N strings.
        labels: N ints in 0..num_classes-1.
        epochs: how often to go through the texts.
        seed: of everything random; the same seed gives the same predictions on the CPU.
        device: where to train.

    Returns:
        whatever ``predict`` needs.
    """
    # BEGIN SOLUTION
    torch.manual_seed(seed)
    token_lists = [normalize(text).split() for text in texts]
    vocabulary = Vocabulary(token_lists)
    encoded = [vocabulary.encode(tokens) for tokens in token_lists]
    targets = torch.tensor(labels, device=device)
    net = TextClassifier(len(vocabulary), 64, 64, num_classes).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    net.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(encoded)).split(64):
            logits = _logits(net, [encoded[i] for i in batch.tolist()], device)
            loss = nn.functional.cross_entropy(logits, targets[batch.to(device)])
            optimizer.zero_grad()
            loss.backward()
            clip_gradients(net.parameters(), 5.0)
            optimizer.step()
    return vocabulary, net
    # END SOLUTION


def predict(model: Any, texts: Sequence[str], device: str | torch.device = "cpu") -> Tensor:
    """The most likely class of each text.

    Args:
        model: what ``train`` returned.
        texts: N strings, N may be 0; words never seen in training are fine, and so is an empty string.
        device: where to compute.

    Returns:
        (N,) int64, on the CPU.
    """
    # BEGIN SOLUTION
    vocabulary, net = model
    encoded = [vocabulary.encode(normalize(text).split()) for text in texts]
    net.to(device).eval()
    found = [torch.empty(0, dtype=torch.int64)]
    with torch.no_grad():
        for start in range(0, len(encoded), 256):
            found.append(_logits(net, encoded[start : start + 256], device).argmax(dim=1).cpu())
    return torch.cat(found)
    # END SOLUTION


# BEGIN SOLUTION
def _logits(net: TextClassifier, encoded: Sequence[Sequence[int]], device: str | torch.device) -> Tensor:
    """The logits of encoded texts; one without any token is read as a single unknown word."""
    tokens, lengths = pad_batch([ids or [Vocabulary.UNK] for ids in encoded])
    return net(tokens.to(device), lengths.to(device))


# END SOLUTION
