"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "sigmoid"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_sigmoid_gradient", points=2)
def test_sigmoid_gradient(env):
    question.judge("test_sigmoid_gradient", env)


@test_case(name="test_sigmoid_second_derivative", points=1.5)
def test_sigmoid_second_derivative(env):
    question.judge("test_sigmoid_second_derivative", env)


@test_case(name="test_sigmoid_is_stable", points=1)
def test_sigmoid_is_stable(env):
    question.judge("test_sigmoid_is_stable", env)
