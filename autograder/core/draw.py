"""Seeded inputs for tests: the same for the same run seed and test name, in every mode and in any order of tests."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from typing import TypeVar

import torch

from autograder.core.disguise import LabelRenaming, WordRenaming, label_renaming, word_renaming

T = TypeVar("T")
_MAX_SEED = 2**31 - 1  # numpy's legacy seeding takes 32 bits


def derive_seed(*parts: object) -> int:
    """A seed in [0, 2³¹ - 1) that depends on every part, and not on the process."""
    text = "\0".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) % _MAX_SEED


def derive_key(*parts: object) -> int:
    """A secret of 256 bits that depends on every part; it shares nothing with the seeds made of the same parts."""
    text = "\0".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=32, person=b"autograder key").digest())


class Draw:
    """Draws inputs on the CPU, in float64 unless told otherwise.

    Args:
        seed: where the stream starts. It has 32 bits at most, and a submission sees what is drawn: who tries all seeds
            finds it, and with it all that this stream yields. So what must stay secret is drawn by ``key``.
        key: of the renamings, from ``derive_key``; without one it is made of the seed, and no secret.
    """

    def __init__(self, seed: int, *, key: int | None = None):
        self._generator = torch.Generator().manual_seed(seed)
        self._key = derive_key(seed) if key is None else key
        self._secret: dict[str, random.Random] = {}

    @classmethod
    def for_test(cls, run_seed: int, test: str) -> Draw:
        """What the test named ``test`` draws in the run with this seed."""
        return cls(derive_seed("draw", run_seed, test), key=derive_key(run_seed, test))

    def normal(
        self,
        *shape: int,
        dtype: torch.dtype = torch.float64,
        scale: float = 1.0,
        shift: float = 0.0,
        contiguous: bool = True,
    ) -> torch.Tensor:
        """Normal entries with mean ``shift`` and standard deviation ``scale``."""
        values = torch.randn(shape, generator=self._generator, dtype=torch.float64)
        return self._finish(values * scale + shift, dtype, contiguous)

    def uniform(
        self,
        *shape: int,
        low: float = 0.0,
        high: float = 1.0,
        dtype: torch.dtype = torch.float64,
        contiguous: bool = True,
    ) -> torch.Tensor:
        """Entries uniform in [low, high)."""
        values = torch.rand(shape, generator=self._generator, dtype=torch.float64)
        return self._finish(low + (high - low) * values, dtype, contiguous)

    def away_from_kinks(
        self,
        *shape: int,
        kinks: Sequence[float] = (0.0,),
        gap: float = 0.1,
        scale: float = 1.0,
        dtype: torch.dtype = torch.float64,
        contiguous: bool = True,
    ) -> torch.Tensor:
        """Normal entries, each at least ``gap`` from every kink, so that finite differences never straddle one.

        Entries too close to a kink are drawn again. Both sides of each kink occur when there are enough entries.

        Raises:
            ValueError: the kinks leave next to no room.
        """
        values = torch.randn(shape, generator=self._generator, dtype=torch.float64) * scale
        for _ in range(1000):
            close = torch.zeros(shape, dtype=torch.bool)
            for kink in kinks:
                close |= (values - kink).abs() < gap
            if not close.any():
                return self._finish(values, dtype, contiguous)
            again = torch.randn(shape, generator=self._generator, dtype=torch.float64) * scale
            values = torch.where(close, again, values)
        raise ValueError(f"kinks {tuple(kinks)} with gap {gap} leave no room at scale {scale}")

    def integers(self, *shape: int, high: int, low: int = 0, dtype: torch.dtype = torch.int64) -> torch.Tensor:
        """Integers uniform in [low, high)."""
        return torch.randint(low, high, shape, generator=self._generator).to(dtype)

    def labels(self, count: int, num_classes: int) -> torch.Tensor:
        """``count`` int64 class labels in random order; every class occurs when count >= num_classes."""
        rest = torch.randint(num_classes, (max(count - num_classes, 0),), generator=self._generator)
        return torch.cat([self.permutation(num_classes)[:count], rest])[self.permutation(count)]

    def permutation(self, count: int) -> torch.Tensor:
        """A random order of 0..count-1, int64."""
        return torch.randperm(count, generator=self._generator)

    def seed(self) -> int:
        """A fresh seed for whatever takes one."""
        return int(torch.randint(_MAX_SEED, (), generator=self._generator))

    def choice(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[int(torch.randint(len(options), (), generator=self._generator))]

    def renamed_labels(self, num_classes: int) -> LabelRenaming:
        """A secret renaming of the classes 0..num_classes-1, another one at each call.

        ::

            renaming = draw.renamed_labels(10)
            logits = submission.run(train_and_predict, x, renaming.renamed(labels), x_test)
            accuracy = (renaming.original(logits.argmax(dim=1)) == labels_test).double().mean()

        It is drawn uniformly from all renamings but the one that changes nothing. With that one, weights trained on the
        old labels would get full marks in one of C! runs; without it they expect less than 1/C on balanced classes.
        Renamings that keep some label are not left out: that would help to guess the renaming (with three classes two
        would be left, not five), and a low score is as good as none.

        Raises:
            TestDefect: there are fewer than three classes, so that only one renaming changes anything.
        """
        return label_renaming(self._stream("labels"), num_classes)

    def fresh_words(self, words: Iterable[str], avoid: Iterable[str] = ()) -> WordRenaming:
        """A secret renaming of ``words`` to made-up words, other ones at each call.

        ::

            renaming = draw.fresh_words(CONTENT_WORDS, avoid=FUNCTION_WORDS)
            predicted = submission.run(train_and_predict, renaming.renamed(texts), labels, renaming.renamed(texts_test))

        Made-up words can be pronounced, have 5 letters or more in a-z, are all different, and none begins another one.
        They are about as long as ``words`` on the whole, but no word's length tells which one it stands for. Give all
        words that carry the meaning, in lower case; words that keep their name tell nothing only if they carry none.

        Args:
            words: to be renamed; repeated ones count once.
            avoid: words of the texts that keep their name.

        Raises:
            TestDefect: one of ``words`` is not one word in lower case.
        """
        return word_renaming(self._stream("words"), words, avoid)

    def _stream(self, purpose: str) -> random.Random:
        """A generator of its own for each purpose: what is seen of one tells nothing about another."""
        if purpose not in self._secret:
            self._secret[purpose] = random.Random(derive_key(self._key, purpose))
        return self._secret[purpose]

    def noncontiguous(self, x: torch.Tensor) -> torch.Tensor:
        """The same values in memory with gaps (and reversed strides where there are two dimensions or more)."""
        if x.dim() == 0:
            return x.clone()
        shape = (*reversed(x.shape), 2)
        padded = torch.full(shape, 7, dtype=x.dtype) if not x.is_floating_point() else x.new_full(shape, float("nan"))
        result = padded[..., 0].permute(*reversed(range(x.dim())))
        result.copy_(x)
        return result

    def _finish(self, values: torch.Tensor, dtype: torch.dtype, contiguous: bool) -> torch.Tensor:
        values = values.to(dtype)
        return values if contiguous else self.noncontiguous(values)
