"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "average_gradients"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_average_of_three", points=4)
def test_average_of_three(env):
    question.judge("test_average_of_three", env)


@test_case(name="test_average_leaves_parameters", points=2)
def test_average_leaves_parameters(env):
    question.judge("test_average_leaves_parameters", env)


@test_case(name="test_average_of_one_and_of_two", points=1)
def test_average_of_one_and_of_two(env):
    question.judge("test_average_of_one_and_of_two", env)
