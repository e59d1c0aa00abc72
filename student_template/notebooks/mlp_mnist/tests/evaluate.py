"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "evaluate"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_evaluate_accuracy", points=2)
def test_evaluate_accuracy(env):
    question.judge("test_evaluate_accuracy", env)


@test_case(name="test_evaluate_in_evaluation_mode", points=1.5)
def test_evaluate_in_evaluation_mode(env):
    question.judge("test_evaluate_in_evaluation_mode", env)
