"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "to_inputs"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_to_inputs_values", points=3)
def test_to_inputs_values(env):
    question.judge("test_to_inputs_values", env)
