"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "lstm_cell"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_lstm_cell_parameters", points=2)
def test_lstm_cell_parameters(env):
    question.judge("test_lstm_cell_parameters", env)


@test_case(name="test_lstm_cell_step", points=4)
def test_lstm_cell_step(env):
    question.judge("test_lstm_cell_step", env)


@test_case(name="test_lstm_cell_without_torch_rnn", points=1.5)
def test_lstm_cell_without_torch_rnn(env):
    question.judge("test_lstm_cell_without_torch_rnn", env)
