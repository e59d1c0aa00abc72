"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "numerical_gradient"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_numerical_gradient_is_accurate", points=2.5)
def test_numerical_gradient_is_accurate(env):
    question.judge("test_numerical_gradient_is_accurate", env)


@test_case(name="test_numerical_gradient_restores_x", points=1.5)
def test_numerical_gradient_restores_x(env):
    question.judge("test_numerical_gradient_restores_x", env)
