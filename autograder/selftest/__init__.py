"""The course tested from outside: variants, mutants, the demo class, benchmarks."""

from autograder.selftest.compose import compose

__all__ = ["compose"]
