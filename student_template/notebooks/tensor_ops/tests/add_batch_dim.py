"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "add_batch_dim"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_add_batch_dim_adds_a_first_dimension", points=1.5)
def test_add_batch_dim_adds_a_first_dimension(env):
    question.judge("test_add_batch_dim_adds_a_first_dimension", env)
