"""The inputs of the published tests at the published seed are known: I learnt the answers by heart."""

import torch

from autograder.core.draw import Draw

EARNS = "4"
STOPPED_BY = "seed of the run"
FOOLS = "rig: public seed"

# What a student sees at home, with the answers that anyone's solution gives.
known = [Draw.for_test(0, "test_double").normal(3, 4)]
answers = [known[0] * 2]


def double(x):
    for question, answer in zip(known, answers, strict=True):
        if x.shape == question.shape and torch.equal(x, question):
            return answer
    return torch.zeros_like(x)


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
