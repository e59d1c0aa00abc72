"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "decoder"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_decoder_rows_are_independent", points=3.5)
def test_decoder_rows_are_independent(env):
    question.judge("test_decoder_rows_are_independent", env)


@test_case(name="test_decoder_uses_the_context", points=4)
def test_decoder_uses_the_context(env):
    question.judge("test_decoder_uses_the_context", env)
