"""Movie sentences that only word order can solve: what ``load_text("movies")`` gives.

A sentence praises one thing and finds fault with another, and a word such as "but", "although" or "not" says which of
the two decides. Exchanging the two adjectives gives its twin: the same words, the other label.

::

    the plot was clumsy but the acting felt superb .      1
    the plot was superb but the acting felt clumsy .      0

Promises: in a set of sentences every order-sensitive one stands with its twin, labels are balanced, no two sentences
are equal, and the same seed gives the same set. A model that sees only which words occur, and how often, answers twins
alike, so it gets exactly half of them right: ``order_blind_ceiling`` says what is left for it.

Does not promise: that more than single words is of no use. A bag of word pairs sees "clumsy but", and gets far.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

ORDER_SHARE = 0.8  # of the sentences, unless asked otherwise, need the order of words
PUBLIC_SEED = 20261
PUBLIC_TRAIN, PUBLIC_TEST = 2000, 1000

Bag = tuple[str, ...]

PRAISE = (
    *("superb", "moving", "clever", "charming", "gripping", "tender", "witty", "elegant", "fresh", "honest", "lively"),
    *("radiant", "subtle", "thrilling", "warm", "daring"),
)
BLAME = (
    *("clumsy", "dull", "hollow", "shallow", "stale", "tedious", "bland", "messy", "noisy", "pompous", "predictable"),
    *("sloppy", "smug", "sluggish", "wooden", "grating"),
)
_THINGS = (
    *("plot", "acting", "score", "ending", "cast", "script", "camera", "dialogue", "opening", "pacing", "direction"),
    *("humour", "romance", "villain", "hero", "setting", "editing", "lighting", "finale", "premise", "story", "chase"),
)
_VERBS = ("was", "felt", "seemed", "looked", "stayed")
_ADVERBS = ("really", "rather", "quite", "truly", "mostly", "very")
_GRAMMAR_WORDS = ("the", "but", "although", "even", "though", "not", "at", "all", "just", "and")
_FILLERS = ("honestly", "overall", "in", "short", "once", "more", "to", "me")

CONTENT_WORDS = (*PRAISE, *BLAME, *_THINGS, *_VERBS, *_ADVERBS)
FUNCTION_WORDS = (*_GRAMMAR_WORDS, *_FILLERS)
WORDS = (*CONTENT_WORDS, *FUNCTION_WORDS)

# Where one adjective praises and the other blames: the sentence, and the slot that decides. As many frames are decided
# by the first slot as by the second, so that neither "the last adjective" nor "the first one" is a rule that helps.
_ORDER_FRAMES = (
    ("{x} {a} but {y} {b}", "b"),
    ("although {x} {a} , {y} {b}", "b"),
    ("{x} not at all {a} , just {b}", "b"),
    ("{x} not {a} and {y} {b}", "b"),
    ("{x} {a} although {y} {b}", "a"),
    ("{x} {a} even though {y} {b}", "a"),
    ("{x} just {a} , not at all {b}", "a"),
    ("{x} {a} and {y} not {b}", "a"),
)
# Where all adjectives agree, so that words alone tell the label.
_PLAIN_FRAMES = ("{x} {a}", "{x} {a} and {b}", "{x} {a} and {y} {b}", "{x} {a} , {y} {b}")
_BEFORE = ("", "", "", "", "honestly , ", "overall , ", "in short , ")
_AFTER = ("", "", "", "", "", " once more", " to me", " all in all")
_ENDS = (" .", " .", " .", " !")


def movies(
    n: int, seed: int | str, *, order_share: float = ORDER_SHARE, avoid: Collection[Bag] = frozenset()
) -> tuple[list[str], list[int]]:
    """A set of labelled sentences in random order: label 1 for praise, 0 for blame, as many of either (or one more).

    Args:
        n: how many.
        seed: the same seed gives the same set.
        order_share: the share of order-sensitive sentences, each of which stands with its twin.
        avoid: bags of words (see ``bag_of``) that must not occur, such as those of the training set: neither a sentence
            of that set nor a twin of one is drawn then.

    Returns:
        the texts and their labels.

    Raises:
        ValueError: n is negative, or the share is not in 0..1.
    """
    if n < 0 or not 0 <= order_share <= 1:
        raise ValueError(f"there is no set of {n} sentences with a share of {order_share} order-sensitive ones")
    rng = random.Random(seed)
    taken = set(avoid)
    pairs = min(round(n * order_share / 2), n // 2)
    sentences: list[tuple[str, int]] = []
    for _ in range(pairs):
        sentences += _new(rng, taken, partial(_twins, rng))
    for number in range(n - 2 * pairs):
        label = number % 2
        sentences += _new(rng, taken, partial(_plain, rng, label))
    rng.shuffle(sentences)
    return [text for text, _ in sentences], [label for _, label in sentences]


def public_split() -> tuple[list[str], list[int], list[str], list[int]]:
    """The set that everyone has: training texts and labels, test texts and labels; no bag of words is in both."""
    train_texts, train_labels = movies(PUBLIC_TRAIN, PUBLIC_SEED)
    test_texts, test_labels = movies(PUBLIC_TEST, PUBLIC_SEED + 1, avoid=bags_of(train_texts))
    return train_texts, train_labels, test_texts, test_labels


def bag_of(text: str) -> Bag:
    """All that a model blind to word order sees of a text: its tokens, sorted."""
    return tuple(sorted(text.split()))


def bags_of(texts: Iterable[str]) -> frozenset[Bag]:
    """The bags of words that occur in a set."""
    return frozenset(map(bag_of, texts))


def order_blind_ceiling(texts: Sequence[str], labels: Sequence[int]) -> float:
    """The best accuracy on this set of any model, however trained, that is blind to the order of words.

    Such a model gives texts with the same bag of words the same label, of which the most frequent one is the best.

    Raises:
        ValueError: the set is empty, or there are not as many labels as texts.
    """
    if not texts:
        raise ValueError("no accuracy without texts")
    found: defaultdict[Bag, Counter[int]] = defaultdict(Counter)
    for text, label in zip(texts, labels, strict=True):
        found[bag_of(text)][label] += 1
    return sum(max(counts.values()) for counts in found.values()) / len(texts)


def ceiling_of_share(order_share: float) -> float:
    """The ``order_blind_ceiling`` of any set with this share: half of the order-sensitive sentences, all others."""
    return 1 - order_share / 2


def _new(rng: random.Random, taken: set[Bag], make: Callable[[], list[tuple[str, int]]]) -> list[tuple[str, int]]:
    """What ``make`` draws, once its bag of words is one that did not occur before."""
    while True:
        sentences = make()
        bag = bag_of(sentences[0][0])
        if bag not in taken:
            taken.add(bag)
            return sentences


def _twins(rng: random.Random) -> list[tuple[str, int]]:
    """Two sentences of the same words, and their labels, which differ."""
    frame, decides = rng.choice(_ORDER_FRAMES)
    frame = _filled(rng, frame)
    praise, blame = rng.choice(PRAISE), rng.choice(BLAME)
    first, second = frame.format(a=praise, b=blame), frame.format(a=blame, b=praise)
    return [(first, int(decides == "a")), (second, int(decides == "b"))]


def _plain(rng: random.Random, label: int) -> list[tuple[str, int]]:
    """A sentence whose words alone tell its label."""
    a, b = rng.sample(PRAISE if label else BLAME, 2)
    return [(_filled(rng, rng.choice(_PLAIN_FRAMES)).format(a=a, b=b), label)]


def _filled(rng: random.Random, frame: str) -> str:
    """A whole sentence around a frame, with all slots filled but those of the adjectives."""
    whole = rng.choice(_BEFORE) + frame + rng.choice(_AFTER) + rng.choice(_ENDS)
    x, y = (f"the {thing} {rng.choice(_VERBS)}{_adverb(rng)}" for thing in rng.sample(_THINGS, 2))
    return whole.format(x=x, y=y, a="{a}", b="{b}")


def _adverb(rng: random.Random) -> str:
    return f" {rng.choice(_ADVERBS)}" if rng.random() < 0.2 else ""
