"""Grading a class: intake, the batch, scores, results, feedback and what the grader sees on screen."""
