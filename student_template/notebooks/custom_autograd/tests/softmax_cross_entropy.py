"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "softmax_cross_entropy"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_softmax_cross_entropy_loss", points=1.5)
def test_softmax_cross_entropy_loss(env):
    question.judge("test_softmax_cross_entropy_loss", env)


@test_case(name="test_softmax_cross_entropy_gradient", points=2)
def test_softmax_cross_entropy_gradient(env):
    question.judge("test_softmax_cross_entropy_gradient", env)


@test_case(name="test_softmax_cross_entropy_is_stable", points=1.5)
def test_softmax_cross_entropy_is_stable(env):
    question.judge("test_softmax_cross_entropy_is_stable", env)
