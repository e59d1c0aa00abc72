"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "scale_rows"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_scale_rows_changes_x", points=2)
def test_scale_rows_changes_x(env):
    question.judge("test_scale_rows_changes_x", env)
