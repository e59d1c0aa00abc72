"""For the otter test files of a released notebook: our public tests, run on the names of the running notebook."""

from autograder.notebook.question import QuestionCheck

__all__ = ["QuestionCheck"]
