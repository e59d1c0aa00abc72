"""Judgements: they run in the grader, on plain values, and say what a student needs to know when they fail."""

from autograder.checks.closeness import assert_close
from autograder.checks.gradients import assert_gradient, assert_jacobian
from autograder.core.figures import show_confusion, show_curve

__all__ = ["assert_close", "assert_gradient", "assert_jacobian", "show_confusion", "show_curve"]
