"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "quadratic_cost"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_quadratic_cost_value", points=1.5)
def test_quadratic_cost_value(env):
    question.judge("test_quadratic_cost_value", env)


@test_case(name="test_quadratic_cost_gradient", points=1.5)
def test_quadratic_cost_gradient(env):
    question.judge("test_quadratic_cost_gradient", env)
