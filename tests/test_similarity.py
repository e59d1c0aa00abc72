"""Similar submissions: what counts as a student's own, which pairs of a class stand out, and strangers' bytes."""

from __future__ import annotations

import ast
import base64
import json
import random
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.cli import main
from autograder.core.assignment import load_assignment
from autograder.core.locked import LockedError
from autograder.errors import GradebookError
from autograder.gradebook.model import Entry, Run, Summary
from autograder.gradebook.store import Gradebook
from autograder.selftest.compose import compose
from autograder.similarity import child
from autograder.similarity.compare import MAX_PAIRS, similar_pairs
from autograder.similarity.fingerprints import GRAM, GUARANTEED, Unit, fingerprints
from autograder.similarity.index import BINS, Likenesses, likenesses, worth
from autograder.similarity.model import Fragment, Pair, Similarity
from autograder.similarity.of_run import handed_out
from autograder.similarity.reading import MAX_LINES, MAX_TOKENS, own_units, read_submission, received
from autograder.similarity.threshold import CEILING, FLOOR, OF_SMALL_CLASS, SMALL_CLASS, threshold_of
from tests.conftest import TINY

COURSE = Path(__file__).parent.parent
ASSIGNMENTS = tuple(sorted(path.parent.name for path in (COURSE / "assignments").glob("*/assignment.toml")))

STUB = '''"""Doubling."""
import torch


def double(x):
    """Twice x."""
    raise NotImplementedError("double")


class Net:
    """A net."""

    def __init__(self, width):
        super().__init__()
        raise NotImplementedError("Net.__init__")
'''


def tokens(text: str, *, stub: str = "", handout: str = "", name: str = "a.py") -> list[list[str]]:
    units = own_units(read_submission({name: text.encode()}), received(stub, handout))
    return [[token.text for token in unit] for unit in units]


# ---------------------------------------------------------------------------------------------------------------------
# What a student wrote
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_stub_that_nobody_filled_in_holds_nothing_of_a_students_own(name):
    given = handed_out(COURSE, load_assignment(COURSE / "assignments" / name))
    assert tokens(given.stub, stub=given.stub, handout=given.handout) == []
    assert tokens(given.stub) != []  # by itself it is not empty


def test_only_what_was_filled_in_is_left_of_a_submission():
    filled = STUB.replace('raise NotImplementedError("double")', "return x + x  # twice").replace(
        'raise NotImplementedError("Net.__init__")', "self.width = width * 3"
    )
    assert tokens(filled, stub=STUB) == [["=return", "V", "+", "V"], ["V", ".", "V", "=", "V", "*", "3"]]


def test_snippets_of_the_handout_are_nobodys_own():
    handout = "Write\n```python\nmean = x.mean(0)\n```\nand mean of x."
    assert tokens("mean = x.mean(0)\nstd = x.std(0)\n", handout=handout) == [
        ["V", "=", "V", ".", ".std", "0"],
    ]


ORIGINAL = '''
def spread(values, weights):
    """How far they lie apart."""
    total = values.sum(dim=0, keepdim=True)
    for index in range(len(values)):
        total = total - values[index] * weights[index].exp()
    return total / len(values), f"{total} of {values!r}"

def other(rows):
    return [row.tolist() for row in rows if row.numel() > 3]
'''
DISGUISES = {
    "names": ORIGINAL.replace("total", "t").replace("values", "v").replace("index", "i").replace("spread", "far"),
    "comments": ORIGINAL.replace("    total =", "    # a remark\n\n    total =").replace("How far", "Very far"),
    "layout": ORIGINAL.replace("total - values", "(total\n        - values").replace(".exp()", ".exp())"),
    "parentheses": ORIGINAL.replace("total / len(values)", "(total / len(values))"),
    "texts": ORIGINAL.replace('f"{total} of {values!r}"', '"nothing of the kind"'),
    "annotated attributes": ORIGINAL.replace("    ", "\t"),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguise_changes_no_token(disguise):
    assert DISGUISES[disguise] != ORIGINAL
    assert tokens(DISGUISES[disguise]) == tokens(ORIGINAL)


def test_the_order_of_functions_does_not_matter_and_they_are_not_run_together():
    first, second = ORIGINAL.split("\ndef other")
    turned = f"def other{second}\n{first}"
    assert sorted(tokens(turned)) == sorted(tokens(ORIGINAL))
    assert len(tokens(ORIGINAL)) == 2


@pytest.mark.parametrize(("old", "new"), [("exp()", "log()"), ("> 3", "> 4"), ("sum(", "prod("), (" - ", " + ")])
def test_what_code_does_makes_a_difference(old, new):
    assert tokens(ORIGINAL.replace(old, new)) != tokens(ORIGINAL)


def notebook(*cells: str, form: int = 4) -> bytes:
    kept = [{"cell_type": "markdown", "source": "def x(): return 5 * 5"}]
    key = "source" if form == 4 else "input"
    kept += [{"cell_type": "code", key: cell.splitlines(keepends=True)} for cell in cells]
    return json.dumps({"cells": kept} if form == 4 else {"worksheets": [{"cells": kept}]}).encode()


@pytest.mark.parametrize("form", [3, 4])
def test_of_a_notebook_the_code_cells_are_read(form):
    first, second = ORIGINAL.split("\ndef other")
    data = notebook("%matplotlib inline\n!pip install x\n" + first, "%%html\n<b>", f"def other{second}", form=form)
    reading = read_submission({"a.ipynb": data})
    found = [[token.text for token in unit] for unit in own_units(reading, received(""))]
    assert found == tokens(ORIGINAL)
    assert [line for line in reading.lines if line.startswith("# In[")] == ["# In[1]", "# In[2]", "# In[3]"]
    place = next(unit for unit in own_units(reading, received("")) if unit[0].text == "=def")[0]
    assert reading.lines[place.line - 1].startswith("def spread")


def test_a_cell_that_is_no_python_costs_only_itself():
    data = notebook("x = (((", "y = [1, 2, 3]\n")
    assert tokens(data.decode(), name="a.ipynb")[-1] == ["V", "=", "[", "1", ",", "2", ",", "3", "]"]


def test_several_files_are_one_text_with_a_table_of_them():
    reading = read_submission({"a.py": b"x = 1\ny = 2", "helper.py": b"z = 3"})
    assert reading.lines == ("x = 1", "y = 2", "z = 3")
    assert reading.files == (("a.py", 1), ("helper.py", 3))
    assert [token.line for unit in own_units(reading, received("")) for token in unit][-1] == 3


LONG = 256 * 1024
HOSTILE = {
    "open parentheses": "(" * LONG,
    "open lines": "(\n" * (LONG // 2),
    "a text without end": "'''" + "a\n" * (LONG // 2),
    "dots": "a." * (LONG // 2),
    "formatted texts": "f'" + "{" * LONG,
    "no characters of Python": "$?\0" * (LONG // 3),
    "indented without end": "\n".join(f"{' ' * depth}if x:" for depth in range(600)),
    "statements without end": "x = y\n" * (LONG // 6),
    "not a notebook": "[" * LONG,
    "cells without end": json.dumps({"cells": [{"cell_type": "code", "source": "x"}] * 6000}),
    "cells of nonsense": json.dumps({"cells": [None, 3, {"cell_type": "code", "source": {"a": 1}}], "worksheets": 4}),
    "an odd encoding": "# coding: rot13\nx = 1",
}


@pytest.mark.parametrize("name", ["a.py", "a.ipynb"])
@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_file_holds_reading_it_ends_soon_and_is_bounded(text, name):
    started = time.process_time()
    reading = read_submission({name: HOSTILE[text].encode(), "next.py": b"x = 1"})
    units = own_units(reading, received(STUB))
    assert time.process_time() - started < 6
    assert len(reading.lines) <= MAX_LINES
    assert sum(map(len, units)) <= MAX_TOKENS
    assert all(token.line <= len(reading.lines) for unit in units for token in unit)


def test_lines_are_shown_without_anything_that_acts_on_a_screen():
    (line,) = read_submission({"a.py": "x = 1 \x1b[31m \u202e # y".encode()}).lines
    assert line.isprintable()
    assert line.startswith("x = 1")


# ---------------------------------------------------------------------------------------------------------------------
# Fingerprints, and how alike a class is
# ---------------------------------------------------------------------------------------------------------------------


def unit(numbers: list[int]) -> Unit:
    return Unit(np.array(numbers), np.arange(1, len(numbers) + 1))


NUMBERS = st.lists(st.integers(0, 5), max_size=30)


@settings(max_examples=60, deadline=None)
@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.lists(st.integers(0, 5), min_size=GUARANTEED, max_size=30))
def test_an_equal_stretch_of_the_guaranteed_length_is_always_found(before, after, other_before, other_after, stretch):
    one = fingerprints([unit([*before, 7, *stretch, 7, *after])])
    other = fingerprints([unit([*other_before, 8, *stretch, 8, *other_after])])
    assert set(one.hashes.tolist()) & set(other.hashes.tolist())


@settings(max_examples=60, deadline=None)
@given(NUMBERS, st.lists(st.integers(10, 15), min_size=GRAM, max_size=60), st.integers(0, 40))
def test_what_is_equal_for_less_than_a_hash_is_never_found(shared, own, place):
    text = [*own[:place], *shared[: GRAM - 1], *own[place:]]
    other = [20, *shared[: GRAM - 1], *range(21, 21 + GRAM)]
    found = set(fingerprints([unit(text)]).hashes.tolist()) & set(fingerprints([unit(other)]).hashes.tolist())
    assert not found


def test_short_functions_count_as_a_whole_and_the_shortest_not_at_all():
    assert fingerprints([unit([1, 2, 3, 4, 5])]).hashes.size == 0
    short = fingerprints([unit([1, 2, 3, 4, 5, 6, 7])])
    assert (short.hashes.size, short.first.tolist(), short.last.tolist()) == (1, [1], [7])
    assert short.hashes[0] not in fingerprints([unit([1, 2, 3, 4, 5, 6, 7, 8])]).hashes


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sets(st.integers(0, 15), min_size=1), min_size=2, max_size=9))
def test_all_pairs_come_out_as_if_each_was_computed_by_itself(sets):
    found = likenesses([np.array(sorted(own)) for own in sets], FLOOR)

    def total(numbers: set[int]) -> float:
        having = [sum(number in own for own in sets) for number in numbers]
        return sum(float(worth(np.array(count), len(sets))) for count in having)

    expected = {}
    for (i, one), (j, other) in combinations(enumerate(sets), 2):
        shared = total(one & other)
        expected[i, j] = (shared / total(one), shared / total(other))
    close = {pair: shares for pair, shares in expected.items() if 2 / sum(1 / max(s, 1e-9) for s in shares) > FLOOR}
    listed = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert set(close) <= set(listed)
    for pair, one_share, other_share in zip(listed, found.share_first, found.share_second, strict=True):
        assert expected[pair] == pytest.approx((one_share, other_share))
    assert found.pairs == len(expected)


def test_what_more_have_counts_for_less_but_never_for_nothing():
    assert worth(np.array([1, 2, 51, 100]), 100).tolist() == pytest.approx([1, 1, 0.625, 0.25])
    assert worth(np.array([1, 2, 3]), 3).min() > 0.95  # a class of three, in which all copied


def test_a_class_of_500_that_copied_from_one_source_is_compared_in_seconds():
    draw = np.random.default_rng(0)
    source = draw.integers(0, 2**40, 200)
    hashes = [np.concatenate([source, draw.integers(0, 2**40, 20)]) for _ in range(500)]
    started = time.process_time()
    found = likenesses(hashes, FLOOR)
    assert time.process_time() - started < 20
    assert len(found.first) == found.pairs == 500 * 499 // 2


# ---------------------------------------------------------------------------------------------------------------------
# The threshold
# ---------------------------------------------------------------------------------------------------------------------


def spread_of(values: np.ndarray) -> Likenesses:
    counts = np.bincount((np.clip(values, 0, 0.999) * BINS).astype(int), minlength=BINS)
    return Likenesses(counts, *[np.zeros(0)] * 4)


def drawn(middle: float, sigma: float, size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(middle, sigma, size * (size - 1) // 2)


@pytest.mark.parametrize("size", [SMALL_CLASS, 60, 500])
def test_independent_work_is_not_listed(size):
    listed = 0
    for seed in range(20):
        values = drawn(0.35, 0.07, size, seed)
        listed += int((values >= threshold_of(spread_of(values), size).value).sum())
    assert listed <= 20  # ten are expected


def test_the_threshold_goes_with_the_class():
    loose = threshold_of(spread_of(drawn(0.3, 0.08, 60)), 60)
    tight = threshold_of(spread_of(drawn(0.5, 0.08, 60)), 60)
    assert FLOOR < loose.value < tight.value < CEILING
    assert threshold_of(spread_of(drawn(0.02, 0.01, 60)), 60).value == FLOOR
    assert threshold_of(spread_of(drawn(0.8, 0.08, 60)), 60).value == CEILING


def test_a_ring_of_four_tenths_of_the_class_does_not_hide_itself():
    values = drawn(0.3, 0.06, 100)
    alone = threshold_of(spread_of(values), 100).value
    values[: 40 * 39 // 2] = 0.95
    assert alone < threshold_of(spread_of(values), 100).value < 0.85


def test_pairs_that_everybody_is_in_do_not_hide_themselves():
    values = drawn(0.3, 0.06, 100)
    values[:50] = 0.95
    assert threshold_of(spread_of(values), 100).value < 0.6


def test_where_all_is_one_the_note_says_so():
    found = threshold_of(spread_of(np.full(45 * 22, 0.99)), 45)
    assert found.value == CEILING
    assert "one way to write it, or most have it from one source" in found.note


# ---------------------------------------------------------------------------------------------------------------------
# Whole classes: variants are independent work, mutants of one solution are copies of it
# ---------------------------------------------------------------------------------------------------------------------


def disguised(text: str, seed: int) -> str:
    """The same program: every local name changed, functions in another order, no comments, laid out anew."""
    tree = ast.parse(text)
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
        local = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        for node in names:
            if node.id in local:
                node.id = f"renamed_{sorted(local).index(node.id)}"
    random.Random(seed).shuffle(tree.body)
    return ast.unparse(tree)


@dataclass(frozen=True)
class Material:
    """An assignment's texts: what students have, right answers of different people, wrong ones of one."""

    name: str
    stub: str
    handout: str
    variants: dict[str, bytes]
    mutants: dict[str, bytes]

    def pairs(self, sources: Mapping[str, bytes]) -> Similarity:
        return similar_pairs({slug: {"a.py": data} for slug, data in sources.items()}, self.stub, self.handout)


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def material(request) -> Material:
    name = request.param
    given = handed_out(COURSE, load_assignment(COURSE / "assignments" / name))
    folder = COURSE / "solutions" / name
    solution = (folder / f"{name}.py").read_text()
    variants = {path.stem: path.read_bytes() for path in sorted((folder / "variants").glob("*.py"))}
    mutants = {
        f"mutant-{path.stem}": compose(solution, path.read_text()).encode()
        for path in sorted((folder / "mutants").glob("*.py"))[::35]
    }
    return Material(name, given.stub, given.handout, {**variants, "solution": solution.encode()}, mutants)


def packed(data: bytes) -> str:
    return base64.b64encode(data).decode()


def names_of(found: Similarity) -> set[frozenset[str]]:
    return {frozenset((pair.a, pair.b)) for pair in found.pairs}


def test_independent_solutions_are_not_listed_and_copies_are(material):
    copied = {f"copy-{name}": disguised(material.variants[name].decode(), 1).encode() for name in material.variants}
    chosen = dict(list(copied.items())[:3])
    found = material.pairs({**material.variants, **chosen, **material.mutants})
    alike = {"solution", *material.mutants, *[copy for copy in chosen if copy == "copy-solution"]}
    expected = {frozenset(pair) for pair in combinations(alike, 2)}
    expected |= {frozenset((copy, copy.removeprefix("copy-"))) for copy in chosen}
    assert names_of(found) == expected
    for pair in found.pairs:
        if frozenset((pair.a, pair.b)) & set(chosen):
            assert pair.likeness > 0.9


def test_the_fixed_limits_are_those_that_were_measured(material):
    """In ``threshold``: independent work 0.12 or 0.23 at most, one function rewritten 0.78 at least, disguised 0.9."""

    def hashes(data: bytes) -> np.ndarray:
        request = {"stub": material.stub, "handout": material.handout, "submissions": [[["a.py", packed(data)]]]}
        (units,) = child.units_in_child(request)
        return fingerprints([Unit(np.array(numbers), np.array(lines)) for numbers, lines in units]).hashes

    own = {name: hashes(data) for name, data in material.variants.items()}
    natural = likenesses(list(own.values()), 0.01)
    assert natural.likeness.max() < (0.25 if material.name == "parallel_training" else 0.15) < FLOOR
    for mutant in material.mutants.values():
        assert likenesses([own["solution"], hashes(mutant)], 0.0).likeness.max() > 0.75


def test_a_class_of_three_is_judged_by_a_fixed_likeness(material):
    three = dict(list(material.variants.items())[:3])
    alone = material.pairs(three)
    assert (alone.pairs, alone.threshold, alone.compared) == ((), OF_SMALL_CLASS, 3)
    copies = material.pairs(dict(list(material.mutants.items())[:3]))
    assert len(copies.pairs) == 3


def test_a_class_in_which_all_copied_is_listed_whole_and_the_note_says_what_to_make_of_it():
    given = handed_out(COURSE, load_assignment(COURSE / "assignments" / "tensor_ops"))
    solution = (COURSE / "solutions" / "tensor_ops" / "tensor_ops.py").read_text()
    everyone = {f"s{number:02}": {"a.py": disguised(solution, number).encode()} for number in range(50)}
    found = similar_pairs(everyone, given.stub, given.handout)
    assert len(found.pairs) == MAX_PAIRS
    assert found.threshold == CEILING
    assert "one way to write it, or most have it from one source" in found.note
    assert "225 more pairs" in found.note


# ---------------------------------------------------------------------------------------------------------------------
# The comparison as a whole
# ---------------------------------------------------------------------------------------------------------------------


def program(seed: int, size: int = 60) -> str:
    """A program like no other: lines of calls whose names are drawn."""
    draw = random.Random(seed)
    lines = [f"    x{i} = a.f{draw.randrange(10**6)}(b, {draw.randrange(99)})" for i in range(size)]
    return f"def only_{seed}(a, b):\n" + "\n".join(lines) + f"\n    return x{size - 1}\n"


def one(text: str) -> dict[str, bytes]:
    return {"a.py": text.encode()}


def test_fragments_name_the_lines_that_are_shared():
    shared = program(1, 20)
    a = "# mine\n\n" + program(2, 10) + "\n" + shared
    b = shared + "\n\n" + program(3, 10)
    found = similar_pairs({"ann": one(a), "bob": one(b)})
    assert [(pair.a, pair.b) for pair in found.pairs] == []  # two thirds: below what a class of two lists
    found = similar_pairs({"ann": one(a.replace(program(2, 10), "")), "bob": one(b)})
    (pair,) = found.pairs
    assert pair.share_a == 1.0 > pair.share_b > 0.5
    (fragment,) = pair.fragments
    lines = {slug: found.texts[slug].lines for slug in ("ann", "bob")}
    assert lines["ann"][fragment.a[0] - 1 : fragment.a[1]] == lines["bob"][fragment.b[0] - 1 : fragment.b[1]]
    assert fragment.b[1] - fragment.b[0] >= 19
    assert found.texts["ann"].files == (("a.py", 1),)


def test_a_fragment_ends_with_its_function_and_functions_in_another_order_are_found():
    first, second, third = program(1, 12), program(2, 12), program(3, 12)
    found = similar_pairs({"ann": one(f"{first}\n{second}\n{third}"), "bob": one(f"{third}\n{first}\n{second}")})
    (pair,) = found.pairs
    assert pair.likeness == 1.0
    lines = {slug: text.lines for slug, text in found.texts.items()}
    assert len(pair.fragments) == 3
    for fragment in pair.fragments:
        (a, b), (c, d) = fragment.a, fragment.b
        assert lines["ann"][a - 1 : b] == lines["bob"][c - 1 : d]
        assert sum(line.startswith("def") for line in lines["ann"][a - 1 : b]) <= 1


def test_a_long_line_said_often_makes_bounded_fragments():
    repeated = "def f(a, b):\n" + "    a = a.exp(b, 1, 2, 3).log(b, 4)\n" * 400 + program(5, 30)
    found = similar_pairs({"ann": one(repeated), "bob": one(repeated.replace("b,", "b , "))})
    (pair,) = found.pairs
    ends = [fragment.a for fragment in pair.fragments]
    assert all(before[1] < after[0] for before, after in pairwise(ends))
    assert all(1 <= first <= last <= len(found.texts["bob"].lines) for first, last in [f.b for f in pair.fragments])


def test_without_the_library_one_line_says_what_to_install(similar, monkeypatch):
    monkeypatch.setitem(sys.modules, "copydetect", None)
    code, out, err = similar([("Ann", 1, program(1))])
    assert (code, out) == (2, "")
    assert "pip install 'autograder[report]'" in err


def test_progress_counts_every_submission():
    counts: list[int] = []
    similar_pairs({f"s{seed}": one("") for seed in range(3)}, on_read=counts.append)
    assert counts == [1, 2, 3]


def test_what_a_short_submission_has_of_a_long_one_does_not_make_them_alike():
    long = "\n".join(program(seed, 30) for seed in range(8))
    found = similar_pairs({"long": one(long), "short": one(program(0, 30))})
    assert found.pairs == ()


def test_an_empty_class_and_one_of_empty_submissions_have_no_pairs():
    assert similar_pairs({}).pairs == ()
    found = similar_pairs({"ann": one(""), "bob": {}, "cho": one(program(1))})
    assert (found.pairs, found.compared) == ((), 1)
    assert found.left_out == (
        "ann: too little code of its own to compare",
        "bob: too little code of its own to compare",
    )
    assert found.note == "There are no two submissions to compare."


def test_order_and_company_change_nothing():
    sources = {f"s{seed}": one(program(seed)) for seed in range(4)} | {"copy": one(program(2).replace("x", "y"))}
    found = similar_pairs(sources)
    assert [(pair.a, pair.b) for pair in found.pairs] == [("copy", "s2")]
    assert similar_pairs(dict(reversed(sources.items()))) == found


def test_one_that_breaks_its_reader_costs_only_itself(monkeypatch):
    """Groups are halved until it is found."""
    asked = []

    def fragile(function, request, **_):
        asked.append(len(request["submissions"]))
        if any(name == "bad.py" for files in request["submissions"] for name, _ in files):
            raise LockedError("crashed (SIGSEGV)")
        return function(request)

    monkeypatch.setattr(child, "run_locked", fragile)
    sources = {f"s{seed}": one(program(seed)) for seed in range(9)}
    found = similar_pairs({**sources, "s5": {"bad.py": b""}, "copy": one(program(7))})
    assert found.left_out == ("s5: reading it crashed (SIGSEGV)",)
    assert [(pair.a, pair.b) for pair in found.pairs] == [("copy", "s7")]
    assert len(asked) <= 10


NONSENSE = [None, [], "x", [{"lines": 1}]] + [
    [[[[1, 2], lines]]] for lines in ([1], [1, "2"], [1, 2**40], [1, -1], [1, True], [1, None], [1, 2.5])
]


@pytest.mark.parametrize("answer", NONSENSE)
def test_a_child_that_was_taken_over_is_not_believed(monkeypatch, answer):
    monkeypatch.setattr(child, "run_locked", lambda *_, **__: answer)
    found = similar_pairs({"ann": one(program(1))})
    assert found.left_out in (
        ("ann: reading it gave an answer that is none",),
        ("ann: too little code of its own to compare",),
    )
    assert found.pairs == ()


def test_strangers_bytes_are_read_in_another_process(monkeypatch):
    def refuse(*_):
        raise AssertionError("parsed in the grader's own process")

    monkeypatch.setattr(child, "read_submission", refuse)
    found = similar_pairs({"ann": one(program(1)), "bob": one(program(1))})
    assert len(found.pairs) == 1


# ---------------------------------------------------------------------------------------------------------------------
# The command
# ---------------------------------------------------------------------------------------------------------------------


class FakeBook:
    """A gradebook with one run of the fixture course."""

    def __init__(self, handed_in: list[tuple[str, int, str]]):
        self.contents = {str(number): one(text) for number, (_, _, text) in enumerate(handed_in)}
        self.rows = [
            Entry(self._summary(f"{who.split()[0].lower()}-{attempt}", who, attempt), {}, {}, str(number))
            for number, (who, attempt, _) in enumerate(handed_in)
        ]

    @staticmethod
    def _summary(slug: str, who: str, attempt: int) -> Summary:
        none = Decimal(0)
        return Summary(slug, who, "", attempt, None, False, "graded", None, none, none, (), False)

    def __enter__(self) -> FakeBook:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, number: int | None = None) -> Run:
        if number not in (None, 1):
            raise GradebookError(f"no run {number}")
        return Run(1, "tiny", "1.0", "complete", None, None, 0, 0, 0, 0, (), 0, "", "", "", 1, "")  # type: ignore[arg-type]

    def summaries(self, run: int):
        return (entry.summary for entry in self.rows)

    def entries(self, run: int):
        return iter(self.rows)

    def source(self, content: str):
        return self.contents[content]


@pytest.fixture
def similar(monkeypatch, capsys, tmp_path):
    """Runs ``autograder similar`` on a class; returns exit code, output and errors."""
    (tmp_path / "gradebook.sqlite").touch()

    def call(handed_in: list[tuple[str, int, str]], *options: str) -> tuple[int, str, str]:
        monkeypatch.setattr(Gradebook, "open", lambda path: FakeBook(handed_in))
        code = main(["similar", "--out", str(tmp_path), "--course", str(TINY.parent.parent), *options])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_the_command_lists_pairs_by_name_and_writes_all_to_a_file(similar, tmp_path):
    handed_in = [
        ("Ann Lee", 1, program(1)),
        ("Bob", 1, program(2)),
        ("Cho", 1, program(1).replace("a", "q")),
        ("Di", 1, ""),
    ]
    code, out, err = similar(handed_in, "1", "--json", str(tmp_path / "pairs.json"))
    assert (code, err) == (0, "")
    assert "run 1 of tiny: 3 submissions compared, 1 pair alike" in out
    assert "Ann Lee | Cho" in out
    assert "not compared: di-1: too little" in out
    written = json.loads((tmp_path / "pairs.json").read_text())
    assert [(pair["a"], pair["b"]) for pair in written["pairs"]] == [("ann-1", "cho-1")]
    assert written["students"] == {"ann-1": "Ann Lee", "cho-1": "Cho"}
    assert written["pairs"][0]["fragments"]


def test_of_several_attempts_the_last_one_counts(similar):
    handed_in = [("Ann", 1, program(1)), ("Ann", 2, program(2)), ("Bob", 1, program(1))]
    assert "2 submissions compared, no pairs alike" in similar(handed_in)[1]


def test_a_run_that_is_not_there_is_one_line(similar):
    code, out, err = similar([], "7")
    assert (code, out) == (2, "")
    assert "no run 7" in err


def test_without_a_solution_the_note_says_what_was_not_removed(similar):
    handed_in = [("Ann", 1, program(1)), ("Bob", 1, program(2))]
    has = (TINY.parent.parent / "solutions" / "tiny").is_dir()
    assert ("What students received was not taken out, since there is no" in similar(handed_in)[1]) is not has


def test_pairs_are_ranked_by_what_both_share():
    alike = Pair("a", "b", 0.9, 0.9, (Fragment((1, 2), (3, 4)),))
    contained = Pair("a", "b", 1.0, 0.2, ())
    assert alike.likeness == pytest.approx(0.9)
    assert contained.likeness == pytest.approx(1 / 3)
    assert Pair("a", "b", 0.0, 0.0, ()).likeness == 0.0
