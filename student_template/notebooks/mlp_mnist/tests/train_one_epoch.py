"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "train_one_epoch"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_train_one_epoch_loss", points=2.5)
def test_train_one_epoch_loss(env):
    question.judge("test_train_one_epoch_loss", env)


@test_case(name="test_train_one_epoch_steps", points=3)
def test_train_one_epoch_steps(env):
    question.judge("test_train_one_epoch_steps", env)
