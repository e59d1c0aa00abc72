"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "masked_cross_entropy"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_loss_averages_over_the_mask", points=4.5)
def test_loss_averages_over_the_mask(env):
    question.judge("test_loss_averages_over_the_mask", env)


@test_case(name="test_loss_ignores_nan", points=3)
def test_loss_ignores_nan(env):
    question.judge("test_loss_ignores_nan", env)
