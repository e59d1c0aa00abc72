"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "train"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_train_overfits_32_images", points=2)
def test_train_overfits_32_images(env):
    question.judge("test_train_overfits_32_images", env)


@test_case(name="test_train_same_seed_same_weights", points=1.5)
def test_train_same_seed_same_weights(env):
    question.judge("test_train_same_seed_same_weights", env)


@test_case(name="test_train_once_reaches_the_bar", points=3)
def test_train_once_reaches_the_bar(env):
    question.judge("test_train_once_reaches_the_bar", env)
