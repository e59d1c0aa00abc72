"""Renamed labels and words: who learns from the data loses nothing, who remembers gains nothing, nobody can know."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import string
from collections import Counter
from pathlib import Path

import pytest
import torch

import autograder
from autograder.core.assignment import Assignment, find_assignment, load_assignment
from autograder.core.draw import Draw, derive_key, derive_seed
from autograder.core.execution import seed_all
from autograder.errors import CheckFailure, TestDefect
from autograder.release.student import solution_path
from autograder.selftest.compose import compose
from tests.conftest import ROOT, failed, message

SEEDS = range(200)


def run_of(seed: int) -> Draw:
    return Draw.for_test(seed, "test_training")


# Labels


@pytest.mark.parametrize("num_classes", [3, 4, 10, 100])
def test_renaming_is_one_to_one_and_never_the_identity(num_classes):
    labels = torch.arange(num_classes)
    for seed in SEEDS:
        renaming = run_of(seed).renamed_labels(num_classes)
        renamed = renaming.renamed(labels)
        assert not torch.equal(renamed, labels)
        assert torch.equal(renamed.sort().values, labels)
        assert torch.equal(renaming.original(renamed), labels)
        assert torch.equal(renaming.renamed(renaming.original(labels)), labels)


def test_every_renaming_but_the_identity_is_equally_likely():
    draw, count = run_of(0), 5000
    seen = Counter(draw.renamed_labels(3).new for _ in range(count))
    assert set(seen) == set(itertools.permutations(range(3))) - {(0, 1, 2)}
    spread = math.sqrt(count * 0.2 * 0.8)
    assert all(abs(n - count / 5) < 4 * spread for n in seen.values()), seen


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8])
def test_renaming_keeps_shape_and_dtype(dtype):
    renaming = run_of(1).renamed_labels(4)
    labels = torch.tensor([[0, 3], [2, 2], [1, 0]], dtype=dtype)
    for changed in (renaming.renamed(labels), renaming.original(labels)):
        assert (changed.dtype, changed.shape) == (dtype, labels.shape)
    assert torch.equal(renaming.original(renaming.renamed(labels)), labels)
    assert renaming.renamed(labels[:0]).shape == (0, 2)
    assert labels.tolist() == [[0, 3], [2, 2], [1, 0]]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (torch.tensor([0.0, 1.0]), "must have an integer dtype, not float32"),
        (torch.tensor([True, False]), "must have an integer dtype, not bool"),
        (torch.tensor([0, 10]), r"must lie in 0\.\.9; they run from 0 to 10"),
        (torch.tensor([-1, 3]), r"must lie in 0\.\.9; they run from -1 to 3"),
        ([0, 1], "must be a tensor, not list"),
    ],
)
def test_wrong_labels_are_the_fault_of_who_made_them(labels, said):
    renaming = run_of(0).renamed_labels(10)
    with pytest.raises(TestDefect, match=f"labels to rename {said}"):
        renaming.renamed(labels)
    with pytest.raises(CheckFailure, match=f"predicted labels {said}"):
        renaming.original(labels)


@pytest.mark.parametrize("num_classes", [0, 1, 2])
def test_two_classes_have_no_secret_renaming(num_classes):
    with pytest.raises(TestDefect, match="no secret renaming"):
        run_of(0).renamed_labels(num_classes)


# Words

WORDS = ("wonderful", "terrible", "fun", "gripping", "dull", "film", "plot", "well-made")
AVOID = ("the", "was", "not", "but", "and")


def test_fresh_words_are_new_different_and_can_be_said():
    many = tuple("".join(letters) for letters in itertools.product("abc", repeat=5))  # 243
    for seed in SEEDS:
        words = many if seed < 5 else WORDS
        fresh = run_of(seed).fresh_words(words, avoid=AVOID).fresh
        assert tuple(fresh) == words
        assert len(set(fresh.values())) == len(words)
        assert not set(fresh.values()) & {*words, *AVOID}
        for one, other in itertools.permutations(fresh.values(), 2):
            assert not other.startswith(one)
        for word in fresh.values():
            assert set(word) <= set(string.ascii_lowercase)
            assert 5 <= len(word) <= 10
            assert all((letter in "aeiou") == bool(place % 2) for place, letter in enumerate(word))


def test_words_to_avoid_are_avoided_even_when_they_are_the_ones_drawn():
    drawn = tuple(run_of(3).fresh_words(WORDS).fresh.values())
    assert not set(drawn) & set(run_of(3).fresh_words(WORDS, avoid=[word.upper() for word in drawn]).fresh.values())


def test_more_words_than_there_are_short_ones():
    count = 4000  # 3,200 have five letters
    words = tuple(f"w{number}" for number in range(count))
    assert len(set(run_of(0).fresh_words(words).fresh.values())) == count


def test_no_fresh_word_begins_another_in_a_large_vocabulary_of_all_lengths():
    words = [f"w{number}" if number % 2 else f"longword{number}" for number in range(2000)]
    made = sorted(run_of(0).fresh_words(words).fresh.values())
    assert {len(word) for word in made} >= {5, 9}
    assert not [pair for pair in itertools.pairwise(made) if pair[1].startswith(pair[0])]  # neighbours when sorted


def test_length_of_a_fresh_word_does_not_tell_which_it_stands_for():
    longest = [run_of(seed).fresh_words(("fun", "dull", "film", "wonderful")).fresh["wonderful"] for seed in SEEDS]
    share = sum(len(word) == 9 for word in longest) / len(longest)
    assert 0.1 < share < 0.45  # one in four, not always


def test_texts_keep_all_but_the_words():
    renaming = run_of(5).fresh_words(WORDS, avoid=AVOID)
    new = renaming.fresh
    texts = [
        "The  film, not\tthe PLOT, was well-made (but dull)!",
        "Film's plot-film: filmed funny.",
        "",
        "Äh… 3 and 4\n",
    ]
    assert renaming.renamed(texts) == [
        f"The  {new['film']}, not\tthe {new['plot'].upper()}, was {new['well-made']} (but {new['dull']})!",
        f"{new['film'].capitalize()}'s {new['plot']}-{new['film']}: filmed funny.",
        "",
        "Äh… 3 and 4\n",
    ]
    assert renaming.renamed(iter(["fun"])) == [new["fun"]]


@pytest.mark.parametrize("words", [["two words"], ["Film"], ["film."], [""], ["_"], "film"])
def test_what_is_not_one_word_in_lower_case_is_a_defect_of_the_test(words):
    with pytest.raises(TestDefect):
        run_of(0).fresh_words(words)


def test_one_text_is_not_a_list_of_texts():
    with pytest.raises(TestDefect, match="not one text"):
        run_of(0).fresh_words(WORDS).renamed("the film")


# What they are for. The known data set is what a cheat has met before; only the names are new in a run.


def known_data(per_class: int = 30, num_classes: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    centres = 6 * torch.randn(num_classes, 8, generator=generator)
    labels = torch.arange(num_classes).repeat_interleave(per_class)
    return centres[labels] + torch.randn(len(labels), 8, generator=generator), labels


def nearest(x: torch.Tensor, labels: torch.Tensor, x_test: torch.Tensor) -> torch.Tensor:
    return labels[torch.cdist(x_test, x).argmin(dim=1)]


def accuracy_of_the_learner(renaming) -> float:
    x, labels = known_data()
    renamed = renaming.renamed(labels) if renaming else labels
    predicted = nearest(x[::2], renamed[::2], x[1::2])
    return (predicted == renamed[1::2]).double().mean().item()


def accuracy_of_the_memoriser(renaming) -> float:
    """It was "pretrained" on the known data set, looks its answers up there, and ignores what it is trained on."""
    x, labels = known_data()
    predicted = nearest(x, labels, x[1::2])
    judged = renaming.original(predicted) if renaming else predicted
    return (judged == labels[1::2]).double().mean().item()


def test_a_memoriser_is_perfect_without_renamed_labels_and_below_chance_with_them():
    assert accuracy_of_the_memoriser(None) == 1.0
    scores = [accuracy_of_the_memoriser(run_of(seed).renamed_labels(5)) for seed in SEEDS]
    assert sum(scores) / len(scores) < 0.25  # 1 in 5 at most is expected; 4 standard errors above
    assert max(scores) <= 0.6  # two labels at least have changed places: no bar is reached by luck


def test_a_memoriser_of_three_classes_never_exceeds_chance():
    labels = torch.arange(3)
    for seed in SEEDS:
        assert (run_of(seed).renamed_labels(3).original(labels) == labels).sum() <= 1


def test_a_learner_scores_the_same_under_every_renaming():
    plain = accuracy_of_the_learner(None)
    assert plain > 0.95
    for seed in range(50):
        assert accuracy_of_the_learner(run_of(seed).renamed_labels(5)) == plain


GOOD_WORDS, BAD_WORDS = ("wonderful", "gripping", "fun", "clever"), ("terrible", "dull", "boring", "silly")


def sentences() -> tuple[list[str], list[int]]:
    patterns = [("the film was {}", False), ("the plot was not {} at all", True), ("it was a {} evening", False)]
    texts, labels = [], []
    for (pattern, turned), (word, good) in itertools.product(
        patterns, [*((word, True) for word in GOOD_WORDS), *((word, False) for word in BAD_WORDS)]
    ):
        texts.append(pattern.format(word))
        labels.append(int(good != turned))
    return texts, labels


def share_known(memory: dict[str, int], texts: list[str], labels: list[int]) -> float:
    """Share of right answers of a lookup; what it does not find it answers with 0, the label of half of them."""
    return sum(memory.get(text, 0) == label for text, label in zip(texts, labels, strict=True)) / len(texts)


def word_sign_learner(texts: list[str], labels: list[int], texts_test: list[str]) -> list[int]:
    """Learns the sign of each word from plain sentences, and knows what "not" does."""
    signs: Counter[str] = Counter()
    for text, label in zip(texts, labels, strict=True):
        for word in text.split():
            signs[word] += (2 * label - 1) * (-1 if "not" in text.split() else 1)
    return [int((sum(signs[w] for w in t.split()) > 0) != ("not" in t.split())) for t in texts_test]


def test_a_lookup_of_sentences_is_perfect_without_fresh_words_and_at_chance_with_them():
    texts, labels = sentences()
    memory = dict(zip(texts, labels, strict=True))
    assert share_known(memory, texts, labels) == 1.0
    bag = {word: int(word in GOOD_WORDS) for word in (*GOOD_WORDS, *BAD_WORDS)}
    for seed in SEEDS:
        renamed = run_of(seed).fresh_words((*GOOD_WORDS, *BAD_WORDS)).renamed(texts)
        assert share_known(memory, renamed, labels) == 0.5
        assert not any(word in bag for text in renamed for word in text.split())  # no word of old is left to go by


def test_a_learner_of_words_scores_the_same_with_fresh_words():
    texts, labels = sentences()
    plain = word_sign_learner(texts, labels, texts)
    assert plain == labels
    for seed in range(50):
        renamed = run_of(seed).fresh_words((*GOOD_WORDS, *BAD_WORDS)).renamed(texts)
        assert word_sign_learner(renamed, labels, renamed) == plain


# Secrecy


def test_renamings_repeat_with_the_seed_and_differ_between_tests_runs_and_calls():
    def seen(draw: Draw) -> tuple[object, ...]:
        return draw.renamed_labels(10).new, dict(draw.fresh_words(WORDS).fresh)

    assert seen(Draw.for_test(7, "test_a")) == seen(Draw.for_test(7, "test_a"))
    assert seen(Draw.for_test(7, "test_a")) != seen(Draw.for_test(8, "test_a"))
    assert seen(Draw.for_test(7, "test_a")) != seen(Draw.for_test(7, "test_b"))
    draw = Draw.for_test(7, "test_a")
    assert seen(draw) != seen(draw)


def colliding_runs(*parts: object) -> tuple[int, int]:
    """Two run seeds for which ``derive_seed`` gives the same 31 bits, the run seed standing at the place of None."""
    met: dict[int, int] = {}
    for run_seed in range(10**6):
        short = derive_seed(*(run_seed if part is None else part for part in parts))
        if short in met:
            return met[short], run_seed
        met[short] = run_seed
    raise AssertionError("no two of a million agree")


def test_the_seed_of_a_worker_does_not_decide_the_renamings():
    first, second = colliding_runs(None, "test_training", 1)  # as Submission makes it for a test's first probe
    assert derive_seed(first, "test_training", 1) == derive_seed(second, "test_training", 1)
    assert run_of(first).renamed_labels(10) != run_of(second).renamed_labels(10)
    assert run_of(first).fresh_words(WORDS) != run_of(second).fresh_words(WORDS)


def test_the_inputs_that_a_submission_sees_do_not_decide_the_renamings():
    first, second = colliding_runs("draw", None, "test_training")
    assert torch.equal(run_of(first).normal(100), run_of(second).normal(100))
    assert run_of(first).renamed_labels(10) != run_of(second).renamed_labels(10)
    assert run_of(first).fresh_words(WORDS) != run_of(second).fresh_words(WORDS)


def test_renamings_and_inputs_do_not_disturb_each_other():
    one, other = run_of(3), run_of(3)
    one.renamed_labels(10)
    one.fresh_words(WORDS)
    assert torch.equal(one.normal(5), other.normal(5))
    other.normal(5)
    third = run_of(3)
    third.fresh_words(WORDS)
    assert third.renamed_labels(10) == run_of(3).renamed_labels(10)


def test_generators_that_a_submission_can_reach_do_not_decide_the_renamings():
    seen = set()
    for seed in range(3):
        seed_all(seed, torch.device("cpu"))
        seen.add(run_of(0).renamed_labels(100).new)
    assert len(seen) == 1


def test_keys_are_wide_and_share_nothing_with_seeds():
    keys = [derive_key(seed, "test_training") for seed in range(1000)]
    assert len(set(keys)) == 1000
    assert max(keys).bit_length() > 250
    seeds = {derive_seed(seed, "test_training") for seed in range(1000)}
    assert not {key % (2**31 - 1) for key in keys} & seeds
    assert not {key >> 192 for key in keys} & seeds


@pytest.mark.parametrize("bit", [0, 31, 32, 64, 255])
def test_every_bit_of_the_key_counts(bit):
    one, other = (Draw(0, key=key) for key in (0, 1 << bit))
    assert one.renamed_labels(10) != other.renamed_labels(10)
    assert one.fresh_words(WORDS) != other.fresh_words(WORDS)


def test_no_message_shows_a_renaming():
    labels, words = run_of(0).renamed_labels(10), run_of(0).fresh_words(WORDS)
    assert repr(labels) == "LabelRenaming()"
    assert repr(words) == "WordRenaming()"
    for renaming in (labels, words):
        with pytest.raises(dataclasses.FrozenInstanceError):
            renaming.new = ()
    with pytest.raises(TypeError):
        words.fresh["film"] = "film"  # type: ignore[index]


def test_names_are_exported():
    assert isinstance(run_of(0).renamed_labels(3), autograder.LabelRenaming)
    assert isinstance(run_of(0).fresh_words(WORDS), autograder.WordRenaming)


# Through the whole engine

COURSE_TOML = """
title = "Blobs"
module = "blobs"
points = 2
[[question]]
name = "blobs"
title = "Blobs"
"""
COURSE_TESTS = '''
import torch
from autograder import CheckFailure, points, probe


@probe
def learn_and_classify(student, x, labels, x_test):
    return student.classify(x, labels, x_test)


def judged(submission, draw, rename):
    centres = torch.tensor([[0.0, 8.0], [8.0, 0.0], [-8.0, -8.0]], dtype=torch.float64)
    labels = torch.arange(3).repeat(20)
    x, x_test = (centres[labels] + draw.normal(60, 2) for _ in range(2))
    renaming = draw.renamed_labels(3)
    given = renaming.renamed(labels) if rename else labels
    predicted = submission.run(learn_and_classify, x, given, x_test)
    right = (renaming.original(predicted) if rename else predicted) == labels
    if right.double().mean() < 0.9:
        raise CheckFailure(f"accuracy {right.double().mean():.3f}")


@points(1, question="blobs")
def test_old_labels(submission, draw):
    """Points are classified."""
    judged(submission, draw, rename=False)


@points(1, question="blobs")
def test_renamed_labels(submission, draw):
    """Points are classified under new labels."""
    judged(submission, draw, rename=True)
'''
LEARNER = "import torch\ndef classify(x, labels, x_test):\n    return labels[torch.cdist(x_test, x).argmin(dim=1)]\n"
PRETRAINED = """
import torch
CENTRES = torch.tensor([[0.0, 8.0], [8.0, 0.0], [-8.0, -8.0]], dtype=torch.float64)
def classify(x, labels, x_test):
    return torch.cdist(x_test, CENTRES).argmin(dim=1)
"""


@pytest.fixture
def blobs(tmp_path: Path) -> Assignment:
    folder = tmp_path / "course" / "blobs"
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text(COURSE_TOML)
    (folder / "handout.md").write_text("Blobs.\n")
    (folder / "test_blobs.py").write_text(COURSE_TESTS)
    return load_assignment(folder)


def test_pretrained_weights_pass_only_where_nothing_is_renamed(grade, blobs):
    graded = grade({"learner": LEARNER, "pretrained": PRETRAINED}, assignment=blobs, seed=2**52 + 1)
    verdicts = {
        name: {outcome.name: outcome.verdict for outcome in graded[name].outcomes} for name in ("learner", "pretrained")
    }
    assert verdicts == {
        "learner": {"test_old_labels": "passed", "test_renamed_labels": "passed"},
        "pretrained": {"test_old_labels": "passed", "test_renamed_labels": "failed"},
    }, json.dumps(verdicts)
    assert float(message(graded["pretrained"], "test_renamed_labels").split()[1]) <= 1 / 3 + 0.01


PRETRAINED_ON_THE_SPIRAL = '''
def train_spiral(x, labels, num_classes=3, hidden=100, learning_rate=1.0, steps=2000, seed=0):
    """Weights of old, made here from the well-known spiral: the labels that are given go unused."""
    generator = torch.Generator().manual_seed(1)
    radius = torch.linspace(0, 1, 100).repeat(3)
    known = torch.arange(3).repeat_interleave(100)
    angle = 4 * known + 4 * radius + 0.2 * torch.randn(300, generator=generator)
    points = torch.stack([radius * angle.sin(), radius * angle.cos()], dim=1).to(x)
    net = TwoLayerNet(2, 100, 3, seed)
    net.params = {name: parameter.to(x) for name, parameter in net.params.items()}
    for _ in range(2000):
        _, grads = net.loss_and_grads(points, known.to(x.device))
        sgd_step(net.params, grads, 1.0)
    return net
'''


@pytest.mark.parametrize("seed", [0, 2**52 + 1])
def test_weights_trained_on_the_spiral_beforehand_score_below_chance(grade, seed):
    assignment = find_assignment(ROOT, "manual_backprop")
    others = [question.name for question in assignment.questions if question.name != "train_spiral"]
    solution = solution_path(ROOT, assignment).read_text()
    sources = {"pretrained": compose(solution, PRETRAINED_ON_THE_SPIRAL), "solution": compose(solution, "")}
    graded = grade(sources, assignment=assignment, seed=seed, skip_questions=others)
    assert not failed(graded["solution"])
    outcomes = {outcome.name: outcome for outcome in graded["pretrained"].outcomes}
    for test in ("test_train_spiral_accuracy", "test_train_spiral_accuracy_mixed"):
        assert "does not reach the bar" in outcomes[test].message
        assert max(outcomes[test].measured["spiral"]) < 0.35
