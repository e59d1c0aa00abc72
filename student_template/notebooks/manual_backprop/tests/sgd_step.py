"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "sgd_step"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_sgd_step_in_place", points=2)
def test_sgd_step_in_place(env):
    question.judge("test_sgd_step_in_place", env)
