"""Automatic mutants: small changes to a solution, each of which a test should notice."""

from autograder.verify.mutation.equivalents import automatic_answers
from autograder.verify.mutation.generate import automatic

__all__ = ["automatic", "automatic_answers"]
