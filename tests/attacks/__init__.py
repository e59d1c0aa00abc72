"""Submissions that attack the grader, and how their effects are looked for from outside."""
