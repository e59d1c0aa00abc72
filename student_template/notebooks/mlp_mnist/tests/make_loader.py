"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "make_loader"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_make_loader_in_order", points=3)
def test_make_loader_in_order(env):
    question.judge("test_make_loader_in_order", env)


@test_case(name="test_make_loader_shuffles", points=2)
def test_make_loader_shuffles(env):
    question.judge("test_make_loader_shuffles", env)


@test_case(name="test_make_loader_seed", points=2)
def test_make_loader_seed(env):
    question.judge("test_make_loader_seed", env)
