"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "reverse_gradient"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_reverse_gradient", points=1.5)
def test_reverse_gradient(env):
    question.judge("test_reverse_gradient", env)


@test_case(name="test_reverse_gradient_between_two_heads", points=1)
def test_reverse_gradient_between_two_heads(env):
    question.judge("test_reverse_gradient_between_two_heads", env)
