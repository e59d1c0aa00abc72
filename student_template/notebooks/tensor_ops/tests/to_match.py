"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "to_match"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_to_match_takes_the_dtype", points=2)
def test_to_match_takes_the_dtype(env):
    question.judge("test_to_match_takes_the_dtype", env)
