"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "one_hot"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_one_hot_of_a_vector", points=2)
def test_one_hot_of_a_vector(env):
    question.judge("test_one_hot_of_a_vector", env)


@test_case(name="test_one_hot_refuses_a_large_label", points=1)
def test_one_hot_refuses_a_large_label(env):
    question.judge("test_one_hot_refuses_a_large_label", env)
