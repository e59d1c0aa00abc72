"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "vocabulary"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_vocabulary_ids_by_count", points=2.5)
def test_vocabulary_ids_by_count(env):
    question.judge("test_vocabulary_ids_by_count", env)


@test_case(name="test_vocabulary_pad_and_unknown", points=2)
def test_vocabulary_pad_and_unknown(env):
    question.judge("test_vocabulary_pad_and_unknown", env)
