"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "from_numpy_shared"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_from_numpy_shared_sees_writes_to_the_array", points=2)
def test_from_numpy_shared_sees_writes_to_the_array(env):
    question.judge("test_from_numpy_shared_sees_writes_to_the_array", env)
