"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "logsumexp"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_logsumexp_of_rows_and_columns", points=2)
def test_logsumexp_of_rows_and_columns(env):
    question.judge("test_logsumexp_of_rows_and_columns", env)


@test_case(name="test_logsumexp_is_stable", points=1.5)
def test_logsumexp_is_stable(env):
    question.judge("test_logsumexp_is_stable", env)


@test_case(name="test_logsumexp_of_minus_infinity", points=1)
def test_logsumexp_of_minus_infinity(env):
    question.judge("test_logsumexp_of_minus_infinity", env)
