"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "linear"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_linear_gradients", points=3)
def test_linear_gradients(env):
    question.judge("test_linear_gradients", env)


@test_case(name="test_linear_without_bias", points=1.5)
def test_linear_without_bias(env):
    question.judge("test_linear_without_bias", env)


@test_case(name="test_linear_second_derivatives", points=2)
def test_linear_second_derivatives(env):
    question.judge("test_linear_second_derivatives", env)
