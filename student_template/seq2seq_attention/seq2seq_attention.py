# release: seq2seq_attention 1.0
"""A chatbot that learns to answer: an encoder, attention, a decoder, a masked loss, teacher forcing, greedy replies.

A message is a list of words, and so is the answer to it. The encoder reads the message; the decoder writes the answer
word by word, and at each step looks at those words of the message that matter now. Messages of different lengths share
a batch, so the shorter ones are padded; nothing that stands in the padding may change a result. Time comes first: a
batch of tokens is (T, B), what the encoder makes of it (T, B, H).

Notation: B pairs in a batch, T time steps, H hidden units, V words in the vocabulary. Everything works on float32 and
float64 and on any device, and no function changes its arguments.
"""

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
    raise NotImplementedError("masked_cross_entropy")


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
        raise NotImplementedError("Attention.__init__")

    def forward(self, query: Tensor, keys: Tensor, lengths: Tensor) -> Tensor:
        """The weight of each step.

        Args:
            query: (B, H).
            keys: (T, B, H); what stands past a sequence's length is padding.
            lengths: (B,) int64, each in 1..T, in any order.

        Returns:
            (B, T); each row sums to 1, and is exactly 0 past the length.
        """
        raise NotImplementedError("Attention.forward")


class Encoder(nn.Module):
    """Reads messages: an embedding and a bidirectional GRU, the states of its two directions added up.

    Args:
        vocab_size: V.
        hidden_size: H, of each direction.
    """

    def __init__(self, vocab_size: int, hidden_size: int):
        super().__init__()
        raise NotImplementedError("Encoder.__init__")

    def forward(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Read a batch.

        Args:
            tokens: (T, B) int64, T the length of the longest message; past a message's length stands padding.
            lengths: (B,) int64, each in 1..T, in any order.

        Returns:
            outputs (T, B, H), at each step the forward state plus the backward state; hidden (B, H), the last forward
            state (that of the last word) plus the last backward state (that of the first word).
        """
        raise NotImplementedError("Encoder.forward")


class Decoder(nn.Module):
    """Writes an answer, one word a step, and looks at the message by attention.

    Args:
        vocab_size: V.
        hidden_size: H.
        method: of the attention.
    """

    def __init__(self, vocab_size: int, hidden_size: int, method: str = "dot"):
        super().__init__()
        raise NotImplementedError("Decoder.__init__")

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
        raise NotImplementedError("Decoder.forward")


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
    raise NotImplementedError("train")


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
    raise NotImplementedError("reply")
