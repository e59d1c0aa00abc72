"""The movie grammar: twins, balance, what is left for who is blind to word order, and what can't be looked up."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict

import pytest
import torch

from autograder.core.draw import Draw
from autograder.data.movies import (
    BLAME,
    CONTENT_WORDS,
    FUNCTION_WORDS,
    PRAISE,
    WORDS,
    bag_of,
    bags_of,
    ceiling_of_share,
    movies,
    order_blind_ceiling,
    public_split,
)


def labels_by_bag(texts: list[str], labels: list[int]) -> dict[tuple[str, ...], list[int]]:
    found = defaultdict(list)
    for text, label in zip(texts, labels, strict=True):
        found[bag_of(text)].append(label)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_each_order_sensitive_sentence_stands_with_its_twin_and_all_others_alone(seed):
    groups = Counter(tuple(sorted(labels)) for labels in labels_by_bag(*movies(500, seed)).values())
    assert groups == {(0, 1): 200, (0,): 50, (1,): 50}


@pytest.mark.parametrize("n", [0, 1, 2, 7, 100, 501])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.8, 1.0])
def test_as_many_as_asked_for_all_different_and_balanced(n, share):
    texts, labels = movies(n, 3, order_share=share)
    assert len(texts) == len(labels) == len(set(texts)) == n
    assert abs(2 * sum(labels) - n) <= 1


def test_the_same_seed_gives_the_same_set_and_another_seed_another_one():
    assert movies(50, 4) == movies(50, 4)
    assert movies(50, "four") == movies(50, "four")
    assert set(movies(50, 4)[0]).isdisjoint(movies(50, 5)[0])


def test_the_public_set_never_changes():
    digest = hashlib.sha256(repr(public_split()).encode()).hexdigest()
    assert digest == "dd8af75a8c9132bae9949a43b85b7345fdd6a15eede2258f08158cca51b0de20", (
        "everyone's results and the calibration depend on these sentences"
    )


def test_twins_differ_by_an_exchange_of_the_adjectives_only():
    texts, _ = movies(400, 6)
    seen = set(texts)
    for text in texts:
        good, bad = (next((word for word in text.split() if word in words), None) for words in (PRAISE, BLAME))
        if good and bad:
            other = {good: bad, bad: good}
            assert " ".join(other.get(word, word) for word in text.split()) in seen


def test_the_label_says_which_adjective_decides():
    decided_by = {
        "the plot was superb but the acting felt dull .": 0,
        "although the plot was superb , the acting felt dull .": 0,
        "the plot was superb although the acting felt dull .": 1,
        "the plot was superb even though the acting felt dull .": 1,
        "the plot was not at all superb , just dull .": 0,
        "the plot was just superb , not at all dull .": 1,
        "the plot was not superb and the acting felt dull .": 0,
        "the plot was superb and the acting felt not dull .": 1,
    }
    texts, labels = movies(4000, 8)
    found = defaultdict(set)
    for text, label in zip(texts, labels, strict=True):
        found[shape_of(text)].add((label, next(word for word in text.split() if word in (*PRAISE, *BLAME)) in PRAISE))
    for text, label in decided_by.items():
        # Praise comes first in all of these; their twins have the other label.
        assert found[shape_of(text)] == {(label, True), (1 - label, False)}, text


def shape_of(text: str) -> str:
    """A sentence with its content words left out, and what may stand around it."""
    text = re.sub(r"^(honestly|overall|in short) , ", "", text)
    text = re.sub(r"( once more| to me| all in all)? [.!]$", "", text)
    return " ".join("_" if word in CONTENT_WORDS else word for word in text.split()).replace("_ _", "_")


def test_what_is_renamed_covers_all_words():
    words = set(re.findall(r"[a-z]+", " ".join(movies(4000, 9)[0])))
    assert words == set(WORDS) == {*CONTENT_WORDS, *FUNCTION_WORDS}
    assert len(set(WORDS)) == len(WORDS)
    renaming = Draw.for_test(0, "x").fresh_words(WORDS)
    assert set(re.findall(r"[a-z]+", " ".join(renaming.renamed(movies(4000, 9)[0])))).isdisjoint(WORDS)


# ---------------------------------------------------------------------------------------------------------------------
# What is left for who is blind to order
# ---------------------------------------------------------------------------------------------------------------------


def test_the_ceiling_of_a_set():
    texts = ["a b", "b a", "a b c", "c b a", "b c a", "d"]
    assert order_blind_ceiling(texts, [0, 1, 1, 1, 0, 0]) == pytest.approx((1 + 2 + 1) / 6)
    assert order_blind_ceiling(["a", "b"], [1, 0]) == 1
    assert order_blind_ceiling(["a b a", "a b b"], [1, 0]) == 1, "how often a word occurs is seen"


def test_the_ceiling_needs_texts_and_a_label_for_each():
    with pytest.raises(ValueError, match="no accuracy"):
        order_blind_ceiling([], [])
    with pytest.raises(ValueError):
        order_blind_ceiling(["a"], [0, 1])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 1.0])
def test_the_ceiling_of_the_grammar_is_exact(share):
    texts, labels = movies(1000, 2, order_share=share)
    assert order_blind_ceiling(texts, labels) == pytest.approx(ceiling_of_share(share))
    assert order_blind_ceiling(Draw(1).fresh_words(WORDS).renamed(texts), labels) == pytest.approx(
        ceiling_of_share(share)
    )


def counts(texts: list[str], words: dict[str, int]) -> torch.Tensor:
    rows = torch.zeros(len(texts), len(words))
    for row, text in zip(rows, texts, strict=True):
        for word in text.split():
            row[words.setdefault(word, 0)] += 1
    return rows


def test_a_bag_of_words_reaches_the_ceiling_and_no_more():
    train, labels = movies(2000, 11)
    test, answers = movies(500, 12, avoid=bags_of(train))
    words = {word: number for number, word in enumerate(sorted({word for text in train for word in text.split()}))}
    weights, bias = torch.zeros(len(words), requires_grad=True), torch.zeros((), requires_grad=True)
    optimizer = torch.optim.Adam([weights, bias], lr=0.05)
    x, y = counts(train, words), torch.tensor(labels, dtype=torch.float32)
    for _ in range(200):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(x @ weights + bias, y).backward()
        optimizer.step()
    predicted = (counts(test, words) @ weights + bias > 0).long()
    accuracy = (predicted == torch.tensor(answers)).double().mean().item()
    assert accuracy == pytest.approx(ceiling_of_share(0.8), abs=1e-9)


# ---------------------------------------------------------------------------------------------------------------------
# Nothing to look up
# ---------------------------------------------------------------------------------------------------------------------


def test_neither_sentences_nor_twins_of_the_avoided_set_occur():
    train, _ = movies(2000, 13)
    test, _ = movies(2000, 14, avoid=bags_of(train))
    assert bags_of(train).isdisjoint(bags_of(test))


def test_the_public_test_set_has_no_bag_of_the_training_set():
    train_texts, train_labels, test_texts, test_labels = public_split()
    assert (len(train_texts), len(train_labels), len(test_texts), len(test_labels)) == (2000, 2000, 1000, 1000)
    assert bags_of(train_texts).isdisjoint(bags_of(test_texts))
    assert set(train_labels) == set(test_labels) == {0, 1}


@pytest.mark.parametrize("where", ["first", "last"])
def test_neither_the_first_nor_the_last_adjective_tells_more_than_chance(where):
    texts, labels = movies(2000, 15, order_share=1.0)
    right = 0
    for text, label in zip(texts, labels, strict=True):
        adjectives = [word for word in text.split() if word in PRAISE or word in BLAME]
        right += int(adjectives[0 if where == "first" else -1] in PRAISE) == label
    assert 0.45 < right / len(texts) < 0.55


@pytest.mark.parametrize("where", [0, -1])
def test_neither_the_first_nor_the_last_word_tells_the_label(where):
    texts, labels = movies(2000, 16, order_share=1.0)
    found: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for text, label in zip(texts, labels, strict=True):
        found[text.split()[where]][label] += 1
    assert sum(max(each.values()) for each in found.values()) == 1000


def test_the_nearest_neighbour_is_no_guide():
    """The label of the training sentence that shares most words at the same places."""
    train, labels = movies(2000, 17)
    test, answers = movies(300, 18, avoid=bags_of(train))
    split = [text.split() for text in train]
    right = 0
    for text, answer in zip(test, answers, strict=True):
        words = text.split()
        shared = [sum(a == b for a, b in zip(words, other, strict=False)) for other in split]
        right += labels[max(range(len(train)), key=shared.__getitem__)] == answer
    assert right / len(test) < 0.75


@pytest.mark.parametrize(("n", "share"), [(-1, 0.8), (5, -0.1), (5, 1.1)])
def test_impossible_sets_are_refused(n, share):
    with pytest.raises(ValueError, match="there is no set"):
        movies(n, 0, order_share=share)
