"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "square_in_place"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_square_in_place_returns_x", points=2)
def test_square_in_place_returns_x(env):
    question.judge("test_square_in_place_returns_x", env)


@test_case(name="test_square_in_place_gradient", points=2)
def test_square_in_place_gradient(env):
    question.judge("test_square_in_place_gradient", env)


@test_case(name="test_square_in_place_is_declared", points=1)
def test_square_in_place_is_declared(env):
    question.judge("test_square_in_place_is_declared", env)
