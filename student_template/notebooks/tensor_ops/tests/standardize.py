"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "standardize"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_standardize_columns", points=2.5)
def test_standardize_columns(env):
    question.judge("test_standardize_columns", env)


@test_case(name="test_standardize_a_square_input", points=1)
def test_standardize_a_square_input(env):
    question.judge("test_standardize_a_square_input", env)
