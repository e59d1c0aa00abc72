"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "predict"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_predict_labels", points=2)
def test_predict_labels(env):
    question.judge("test_predict_labels", env)


@test_case(name="test_predict_in_evaluation_mode", points=1)
def test_predict_in_evaluation_mode(env):
    question.judge("test_predict_in_evaluation_mode", env)
