"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "sigmoid"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_sigmoid_forward", points=1.5)
def test_sigmoid_forward(env):
    question.judge("test_sigmoid_forward", env)


@test_case(name="test_sigmoid_backward", points=1.5)
def test_sigmoid_backward(env):
    question.judge("test_sigmoid_backward", env)


@test_case(name="test_sigmoid_forward_is_stable", points=1)
def test_sigmoid_forward_is_stable(env):
    question.judge("test_sigmoid_forward_is_stable", env)
