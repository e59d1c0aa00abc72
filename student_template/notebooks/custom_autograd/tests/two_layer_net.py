"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "two_layer_net"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_two_layer_net", points=3)
def test_two_layer_net(env):
    question.judge("test_two_layer_net", env)


@test_case(name="test_two_layer_net_initial_weights", points=1)
def test_two_layer_net_initial_weights(env):
    question.judge("test_two_layer_net_initial_weights", env)
