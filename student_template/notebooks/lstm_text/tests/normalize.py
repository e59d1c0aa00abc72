"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "normalize"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_normalize_plain_text", points=2)
def test_normalize_plain_text(env):
    question.judge("test_normalize_plain_text", env)


@test_case(name="test_normalize_accents", points=2)
def test_normalize_accents(env):
    question.judge("test_normalize_accents", env)
