"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "layer_norm"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_layer_norm_forward", points=2)
def test_layer_norm_forward(env):
    question.judge("test_layer_norm_forward", env)


@test_case(name="test_layer_norm_backward_dx", points=3)
def test_layer_norm_backward_dx(env):
    question.judge("test_layer_norm_backward_dx", env)


@test_case(name="test_layer_norm_backward_dgamma_dbeta", points=1.5)
def test_layer_norm_backward_dgamma_dbeta(env):
    question.judge("test_layer_norm_backward_dgamma_dbeta", env)
