"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "relu"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_relu_gradient", points=2)
def test_relu_gradient(env):
    question.judge("test_relu_gradient", env)


@test_case(name="test_relu_gradient_at_zero", points=1)
def test_relu_gradient_at_zero(env):
    question.judge("test_relu_gradient_at_zero", env)


@test_case(name="test_relu_in_the_worked_example", points=1)
def test_relu_in_the_worked_example(env):
    question.judge("test_relu_in_the_worked_example", env)
