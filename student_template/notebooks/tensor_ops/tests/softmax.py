"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "softmax"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_softmax_of_rows", points=1.5)
def test_softmax_of_rows(env):
    question.judge("test_softmax_of_rows", env)


@test_case(name="test_softmax_is_stable", points=2)
def test_softmax_is_stable(env):
    question.judge("test_softmax_is_stable", env)
