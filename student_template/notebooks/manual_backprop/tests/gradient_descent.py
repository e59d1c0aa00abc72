"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "gradient_descent"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_gradient_descent_on_a_bowl", points=2)
def test_gradient_descent_on_a_bowl(env):
    question.judge("test_gradient_descent_on_a_bowl", env)


@test_case(name="test_gradient_descent_keeps_start", points=1)
def test_gradient_descent_keeps_start(env):
    question.judge("test_gradient_descent_keeps_start", env)
