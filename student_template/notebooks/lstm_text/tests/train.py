"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "train"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_predict_any_texts", points=2)
def test_predict_any_texts(env):
    question.judge("test_predict_any_texts", env)


@test_case(name="test_train_on_the_public_set", points=4)
def test_train_on_the_public_set(env):
    question.judge("test_train_on_the_public_set", env)
