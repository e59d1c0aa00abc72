"""Probes are self-contained, and their arguments and results cross by value."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from autograder import probe
from autograder.core.draw import Draw, derive_seed
from autograder.core.probe import define_probe
from autograder.errors import ProbeError

SECRET = 42


def test_a_probe_runs_from_its_source_alone():
    @probe
    def everything(student, x, y: NotDefined = 2) -> Neither:  # noqa: F821
        import copy

        class Local:
            value = tuple(math.floor(v) for v in (1.5, 2.5))

        def inner():
            return y + len(Local.value)

        return copy.copy(torch.as_tensor(np.asarray(x))) + inner() + sum(i for i in range(y))

    alone = define_probe(everything.source, everything.name)
    assert alone(None, 1) == everything(None, 1) == 6
    assert everything.parameters == ("x", "y")


def refused(function) -> str:
    with pytest.raises(ProbeError) as caught:
        probe(function)
    return str(caught.value)


def test_globals_and_closures_are_refused_by_name():
    hidden = 3

    def uses_global(student):
        return SECRET

    def uses_closure(student):
        return hidden

    def uses_global_inside(student):
        return [(lambda: pytest)() for _ in range(2)]

    def uses_global_default(student, x=SECRET):
        return x

    def sets_global(student):
        global SECRET
        SECRET = 1

    def no_argument():
        return 1

    assert "'SECRET'" in refused(uses_global)
    assert "'hidden'" in refused(uses_closure)
    assert "'pytest'" in refused(uses_global_inside)
    assert "'SECRET'" in refused(uses_global_default)
    assert "'SECRET'" in refused(sets_global)
    assert "takes no argument" in refused(no_argument)
    assert "made by def" in refused(lambda student: 1)
    assert "made by def" in refused(len)


def test_a_probe_without_source_is_refused():
    namespace: dict = {}
    exec("def f(student):\n    return 1\n", namespace)
    assert "source can't be found" in refused(namespace["f"])


def test_draws_repeat_and_differ_by_seed():
    assert torch.equal(Draw(1).normal(3, 4), Draw(1).normal(3, 4))
    assert not torch.equal(Draw(1).normal(3, 4), Draw(2).normal(3, 4))
    assert derive_seed("a", 1) == derive_seed("a", 1) != derive_seed("a", 2)


def test_draws_are_what_they_say():
    draw = Draw(3)
    x = draw.away_from_kinks(50, 40, kinks=(0.0, 1.0), gap=0.05)
    assert min(x.abs().min(), (x - 1).abs().min()) >= 0.05
    assert (x < 0).any()
    assert (x > 1).any()
    with pytest.raises(ValueError, match="no room"):
        draw.away_from_kinks(5, gap=100.0)
    labels = draw.labels(7, 4)
    assert labels.unique().tolist() == [0, 1, 2, 3]
    assert draw.labels(0, 4).shape == (0,)
    assert 2 <= draw.integers(100, low=2, high=5).min()
    assert draw.integers(100, low=2, high=5).max() <= 4
    y = draw.normal(4, 5, contiguous=False)
    assert not y.is_contiguous()
    assert y.isfinite().all()
    assert draw.normal(0, 5, contiguous=False).shape == (0, 5)
    assert draw.normal(3, dtype=torch.float32).dtype == torch.float32
    assert draw.choice("ab") in "ab"
    assert sorted(draw.permutation(5).tolist()) == [0, 1, 2, 3, 4]
