"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "run_lstm"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_run_lstm_outputs", points=3.5)
def test_run_lstm_outputs(env):
    question.judge("test_run_lstm_outputs", env)


@test_case(name="test_run_lstm_last", points=2.5)
def test_run_lstm_last(env):
    question.judge("test_run_lstm_last", env)
