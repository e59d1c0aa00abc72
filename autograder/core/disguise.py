"""Renamings that make what was learned before the run worthless: of class labels, and of the words of a text.

A test of a training question draws a renaming (``draw.renamed_labels``, ``draw.fresh_words``), trains the submission on
renamed data, and judges on renamed data too. Who learns from the data that it is given scores as ever; memorised test
sets and weights trained elsewhere speak of the old names, and score at chance or below.

Promises: a renaming never leaves the judge, and comes from a stream of its own, with a key of 256 bits: neither the
inputs that a submission sees nor the seeds of its worker tell anything about it.

Does not promise: that it stops a submission which matches its own old answers with the new names on the training data.
Training data that are new as well, not only renamed, are what takes that away. Rows must be drawn or shuffled too,
since the place of a row in a known data set says as much as its label.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from types import MappingProxyType

import torch

from autograder.errors import CheckFailure, TestDefect

# Letters of which hardly any word of a language is made, and no rude one. A made-up word ends in one of the last two.
_CONSONANTS, _VOWELS, _LAST_CONSONANT, _LAST_VOWEL = "bdglmrvz", "aeiou", "vz", "u"
_SHORTEST, _LONGEST = 5, 9  # of a made-up word
_TRIES = 100  # at one length, before a word is made longer
_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")  # well-made, film's
_PART = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class LabelRenaming:
    """A one-to-one renaming of class labels.

    Attributes:
        new: the new label of each old one, by its number. Not part of ``repr``, so that no message shows it.
    """

    new: tuple[int, ...] = field(repr=False)

    def renamed(self, labels: torch.Tensor) -> torch.Tensor:
        """The labels under their new names: what a submission is trained on and judged by.

        Args:
            labels: old labels in [0, C), any shape, an integer dtype.

        Returns:
            the same shape, dtype and device.

        Raises:
            TestDefect: they are no such labels.
        """
        if problem := self._problem(labels):
            raise TestDefect(f"labels to rename {problem}")
        return _looked_up(self.new, labels)

    def original(self, labels: torch.Tensor) -> torch.Tensor:
        """The labels under their old names: what a submission's predictions mean.

        Args:
            labels: new labels in [0, C), any shape, an integer dtype.

        Returns:
            the same shape, dtype and device.

        Raises:
            CheckFailure: they are no such labels, which is the fault of who predicted them.
        """
        if problem := self._problem(labels):
            raise CheckFailure(f"predicted labels {problem}")
        old = sorted(range(len(self.new)), key=self.new.__getitem__)
        return _looked_up(old, labels)

    def _problem(self, labels: object) -> str | None:
        if not isinstance(labels, torch.Tensor):
            return f"must be a tensor, not {type(labels).__name__}"
        if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
            return f"must have an integer dtype, not {str(labels.dtype).removeprefix('torch.')}"
        if labels.numel() and not 0 <= int(labels.min()) <= int(labels.max()) < len(self.new):
            return f"must lie in 0..{len(self.new) - 1}; they run from {int(labels.min())} to {int(labels.max())}"
        return None


@dataclass(frozen=True)
class WordRenaming:
    """A one-to-one renaming of words.

    Attributes:
        fresh: the made-up word for each word. Not part of ``repr``, so that no message shows it.
    """

    fresh: Mapping[str, str] = field(repr=False)

    def renamed(self, texts: Iterable[str]) -> list[str]:
        """The texts with each of the words replaced, and all else kept: other words, punctuation, spaces.

        A capital stays a capital. In a token with an apostrophe or hyphens (``film's``) the parts are looked up where
        the whole is none of the words.

        Raises:
            TestDefect: ``texts`` is one text; its letters would be taken for texts.
        """
        if isinstance(texts, str):
            raise TestDefect("texts to rename must be a list of texts, not one text")
        return [_TOKEN.sub(self._token, text) for text in texts]

    def _token(self, match: re.Match[str]) -> str:
        whole = self._word(match[0])
        return whole if whole is not None else _PART.sub(lambda part: self._word(part[0]) or part[0], match[0])

    def _word(self, word: str) -> str | None:
        fresh = self.fresh.get(word.lower())
        if fresh is None or word == word.lower():
            return fresh
        return fresh.upper() if word.isupper() and len(word) > 1 else fresh.capitalize()


def label_renaming(stream: random.Random, num_classes: int) -> LabelRenaming:
    """A renaming drawn uniformly from all but the one that changes nothing.

    See ``Draw.renamed_labels``.
    """
    if num_classes < 3:
        raise TestDefect(
            f"{num_classes} classes have no secret renaming: the only one that changes anything is known to all; "
            "draw fresh inputs or words instead"
        )
    order = list(range(num_classes))
    while order == sorted(order):
        stream.shuffle(order)
    return LabelRenaming(tuple(order))


def word_renaming(stream: random.Random, words: Iterable[str], avoid: Iterable[str] = ()) -> WordRenaming:
    """A renaming of ``words`` to made-up words, none of which is one of ``words`` or ``avoid``.

    See ``Draw.fresh_words``.
    """
    if isinstance(words, str) or isinstance(avoid, str):
        raise TestDefect("words to rename, and words to avoid, are lists of words, not one text")
    old = list(dict.fromkeys(words))
    for word in old:
        if not _TOKEN.fullmatch(word) or word != word.lower():
            raise TestDefect(f"{word!r} can't be renamed: expected one word in lower case, without spaces around it")
    taken = {word.lower() for word in (*old, *avoid)}
    # Dealt out at random: a made-up word as long as the one it stands for would help to tell which one that is.
    lengths = [min(max(len(word), _SHORTEST), _LONGEST) for word in old]
    stream.shuffle(lengths)
    starts: set[str] = set()  # of the words made so far, themselves among them
    made: set[str] = set()
    fresh = {}
    for word, length in zip(old, lengths, strict=True):
        fresh[word] = _made_up(stream, length, taken, made, starts)
        made.add(fresh[word])
        starts.update(accumulate(fresh[word]))
    return WordRenaming(MappingProxyType(fresh))


def _made_up(stream: random.Random, length: int, taken: set[str], made: set[str], starts: set[str]) -> str:
    """A word that is none of ``taken``, and neither begins one of ``made`` nor begins with one."""
    for tries in range(1, 10**6):
        word = _pronounceable(stream, length + tries // _TRIES)
        if word not in taken and word not in starts and made.isdisjoint(accumulate(word)):
            return word
    raise TestDefect("no made-up words are left")  # never: a longer word is always free


def _pronounceable(stream: random.Random, length: int) -> str:
    letters = [stream.choice(_VOWELS if place % 2 else _CONSONANTS) for place in range(length - 1)]
    last = _LAST_CONSONANT if length % 2 else _LAST_VOWEL
    return "".join([*letters, stream.choice(last)])


def _looked_up(table: Iterable[int], labels: torch.Tensor) -> torch.Tensor:
    names = torch.tensor(tuple(table), dtype=torch.int64, device=labels.device)
    return names[labels.to(torch.int64)].to(labels.dtype)
