"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "clamp"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_clamp_gradient", points=1.5)
def test_clamp_gradient(env):
    question.judge("test_clamp_gradient", env)


@test_case(name="test_clamp_gradient_at_the_bounds", points=1)
def test_clamp_gradient_at_the_bounds(env):
    question.judge("test_clamp_gradient_at_the_bounds", env)
