# release: lstm_text 1.0
"""From a string to a label: text cleaning, a vocabulary, padding, recurrent networks, and an LSTM classifier.

Sequences of different lengths share a batch, so the shorter ones are padded; nothing that stands in the padding may
change a result. Time comes first: a batch of tokens is (T, B), of features (T, B, I).

Notation: B sequences in a batch, T time steps, I features in, H hidden units, V words in the vocabulary, E features of
an embedding, C classes. Everything works on float32 and float64 and on any device, and no function changes its
arguments unless its docstring says so.
"""

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
    raise NotImplementedError("normalize")


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
        raise NotImplementedError("Vocabulary.__init__")

    def __len__(self) -> int:
        """How many ids there are, PAD and UNK among them."""
        raise NotImplementedError("Vocabulary.__len__")

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """The id of each token, UNK for those that have none."""
        raise NotImplementedError("Vocabulary.encode")

    def decode(self, ids: Sequence[int]) -> list[str]:
        """The word of each id, ``<pad>`` for PAD and ``<unk>`` for UNK."""
        raise NotImplementedError("Vocabulary.decode")


def pad_batch(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Sequences of ids side by side, the shorter ones filled up with PAD.

    Args:
        sequences: B lists of ids, of any lengths, 0 too.

    Returns:
        tokens (T, B), int64, T the length of the longest; lengths (B,), int64. Without sequences (0, 0) and (0,).
    """
    raise NotImplementedError("pad_batch")


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
        raise NotImplementedError("ElmanRNN.__init__")

    def forward(self, x: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Run over all steps.

        Args:
            x: (T, B, I), T at least 1.
            hidden: (B, H), the state before the first step.

        Returns:
            outputs (T, B, H), the state after each step; hidden (B, H), the state after the last.
        """
        raise NotImplementedError("ElmanRNN.forward")


class LSTMCell(nn.Module):
    """One step of a long short-term memory, as torch.nn.LSTMCell computes it, without any recurrent class of torch.nn.

    Attributes:
        weight_ih: (4H, I), the rows of the gates i, f, g, o below each other.
        weight_hh: (4H, H), likewise.
        bias_ih, bias_hh: (4H,), likewise.
    """

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        raise NotImplementedError("LSTMCell.__init__")

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """One step.

        Args:
            x: (B, I).
            state: (h, c), each (B, H).

        Returns:
            the new (h, c).
        """
        raise NotImplementedError("LSTMCell.forward")


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
    raise NotImplementedError("run_lstm")


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
        raise NotImplementedError("TextClassifier.__init__")

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The logits.

        Args:
            tokens: (T, B) int64, filled up with PAD.
            lengths: (B,) int64, each in 1..T, in any order; more padding than needed changes nothing.

        Returns:
            (B, C).
        """
        raise NotImplementedError("TextClassifier.forward")


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients, in place, by min(1, max_norm / total), where total is the 2-norm of all of them together.

    Args:
        parameters: what ``model.parameters()`` gives: an iterable that can be gone through once. Those without a
            gradient are skipped.
        max_norm: the largest norm that is left.

    Returns:
        total, before scaling: a Python float; 0.0 without any gradient.
    """
    raise NotImplementedError("clip_gradients")


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
    raise NotImplementedError("train")


def predict(model: Any, texts: Sequence[str], device: str | torch.device = "cpu") -> Tensor:
    """The most likely class of each text.

    Args:
        model: what ``train`` returned.
        texts: N strings, N may be 0; words never seen in training are fine, and so is an empty string.
        device: where to compute.

    Returns:
        (N,) int64, on the CPU.
    """
    raise NotImplementedError("predict")
