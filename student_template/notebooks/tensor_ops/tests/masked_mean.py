"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "masked_mean"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_masked_mean_over_valid_steps", points=2)
def test_masked_mean_over_valid_steps(env):
    question.judge("test_masked_mean_over_valid_steps", env)


@test_case(name="test_masked_mean_with_nan_in_the_padding", points=1.5)
def test_masked_mean_with_nan_in_the_padding(env):
    question.judge("test_masked_mean_with_nan_in_the_padding", env)


@test_case(name="test_masked_mean_of_length_zero", points=1)
def test_masked_mean_of_length_zero(env):
    question.judge("test_masked_mean_of_length_zero", env)
