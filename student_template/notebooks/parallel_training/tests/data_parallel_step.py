"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "data_parallel_step"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_step_of_two_processes", points=5)
def test_step_of_two_processes(env):
    question.judge("test_step_of_two_processes", env)


@test_case(name="test_step_returns_the_loss", points=2)
def test_step_returns_the_loss(env):
    question.judge("test_step_returns_the_loss", env)


@test_case(name="test_step_of_unequal_shares", points=4)
def test_step_of_unequal_shares(env):
    question.judge("test_step_of_unequal_shares", env)
