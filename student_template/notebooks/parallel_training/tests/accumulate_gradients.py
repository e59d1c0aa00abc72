"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "accumulate_gradients"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_accumulate_equal_parts", points=3)
def test_accumulate_equal_parts(env):
    question.judge("test_accumulate_equal_parts", env)


@test_case(name="test_accumulate_unequal_parts", points=4)
def test_accumulate_unequal_parts(env):
    question.judge("test_accumulate_unequal_parts", env)


@test_case(name="test_accumulate_returns_the_loss", points=2)
def test_accumulate_returns_the_loss(env):
    question.judge("test_accumulate_returns_the_loss", env)
