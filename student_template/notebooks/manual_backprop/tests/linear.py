"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "linear"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_linear_forward", points=1)
def test_linear_forward(env):
    question.judge("test_linear_forward", env)


@test_case(name="test_linear_backward_dx", points=1.5)
def test_linear_backward_dx(env):
    question.judge("test_linear_backward_dx", env)


@test_case(name="test_linear_backward_dw", points=1.5)
def test_linear_backward_dw(env):
    question.judge("test_linear_backward_dw", env)


@test_case(name="test_linear_backward_db", points=1.5)
def test_linear_backward_db(env):
    question.judge("test_linear_backward_db", env)
