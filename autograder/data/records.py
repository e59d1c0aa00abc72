"""What a data set is once it is loaded, and the split that those get which come in one piece."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch


@dataclass(frozen=True)
class Images:
    """Labelled images. The tensors are shared by all who load the set: not to be changed in place.

    Attributes:
        train_images: uint8 (N, 28, 28), 0 is the background.
        train_labels: int64 (N,).
        test_images: as those to train on.
        test_labels: as those to train on.
    """

    train_images: torch.Tensor
    train_labels: torch.Tensor
    test_images: torch.Tensor
    test_labels: torch.Tensor


@dataclass(frozen=True)
class Texts:
    """Labelled texts. The lists are shared by all who load the set: not to be changed in place.

    Attributes:
        train_texts: to train on.
        train_labels: 0 to num_classes - 1.
        test_texts: to judge by.
        test_labels: as those to train on.
        num_classes: how many labels there are.
        classes: what the labels are called in the file, in their order.
        dev_texts: to choose a model by, where the set has such a part; never part of the test.
        dev_labels: as those to train on.
    """

    train_texts: list[str]
    train_labels: list[int]
    test_texts: list[str]
    test_labels: list[int]
    num_classes: int
    classes: tuple[str, ...] = ()
    dev_texts: list[str] = field(default_factory=list)
    dev_labels: list[int] = field(default_factory=list)


def split(labels: Sequence[Hashable], *, test_share: float = 0.2, seed: int = 0) -> tuple[list[int], list[int]]:
    """Indices to train on and to test on: shuffled, disjoint, all of them, each class in the same proportion.

    The same labels and seed give the same split on every machine and version. A class of two or more is in both parts,
    a class of one is only trained on.
    """
    import numpy as np  # not needed by those who only ask what there is

    random = np.random.RandomState(seed)  # its stream is frozen; that of default_rng may change
    members: dict[Hashable, list[int]] = {}
    for index, label in enumerate(labels):
        members.setdefault(label, []).append(index)
    train: list[int] = []
    test: list[int] = []
    for indices in members.values():
        order = [indices[position] for position in random.permutation(len(indices))]
        count = min(max(round(test_share * len(order)), 1), len(order) - 1)
        test += order[:count]
        train += order[count:]
    return _shuffled(train, random), _shuffled(test, random)


def _shuffled(indices: list[int], random: np.random.RandomState) -> list[int]:
    return [indices[position] for position in random.permutation(len(indices))]
