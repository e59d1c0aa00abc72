"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "text_classifier"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_classifier_batch_order", points=2.5)
def test_classifier_batch_order(env):
    question.judge("test_classifier_batch_order", env)


@test_case(name="test_classifier_padding", points=3)
def test_classifier_padding(env):
    question.judge("test_classifier_padding", env)


@test_case(name="test_classifier_learns_word_order", points=3)
def test_classifier_learns_word_order(env):
    question.judge("test_classifier_learns_word_order", env)
