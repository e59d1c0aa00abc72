"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "relu"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_relu_forward", points=1)
def test_relu_forward(env):
    question.judge("test_relu_forward", env)


@test_case(name="test_relu_backward", points=1.5)
def test_relu_backward(env):
    question.judge("test_relu_backward", env)


@test_case(name="test_relu_backward_at_zero", points=1)
def test_relu_backward_at_zero(env):
    question.judge("test_relu_backward_at_zero", env)
