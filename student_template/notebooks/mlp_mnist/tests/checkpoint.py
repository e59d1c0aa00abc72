"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "checkpoint"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_checkpoint_round_trip", points=2.5)
def test_checkpoint_round_trip(env):
    question.judge("test_checkpoint_round_trip", env)
