"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "two_layer_net"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_two_layer_net_shapes", points=1)
def test_two_layer_net_shapes(env):
    question.judge("test_two_layer_net_shapes", env)


@test_case(name="test_two_layer_net_seed", points=1)
def test_two_layer_net_seed(env):
    question.judge("test_two_layer_net_seed", env)


@test_case(name="test_two_layer_net_forward", points=1.5)
def test_two_layer_net_forward(env):
    question.judge("test_two_layer_net_forward", env)


@test_case(name="test_two_layer_net_loss_and_grads", points=2.5)
def test_two_layer_net_loss_and_grads(env):
    question.judge("test_two_layer_net_loss_and_grads", env)
