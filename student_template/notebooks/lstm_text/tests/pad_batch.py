"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "pad_batch"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_pad_batch_values", points=3.5)
def test_pad_batch_values(env):
    question.judge("test_pad_batch_values", env)
