"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "elman_rnn"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_elman_outputs", points=3)
def test_elman_outputs(env):
    question.judge("test_elman_outputs", env)


@test_case(name="test_elman_hidden", points=1.5)
def test_elman_hidden(env):
    question.judge("test_elman_hidden", env)
