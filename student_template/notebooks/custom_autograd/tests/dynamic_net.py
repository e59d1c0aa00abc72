"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "dynamic_net"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_dynamic_net_once", points=2)
def test_dynamic_net_once(env):
    question.judge("test_dynamic_net_once", env)


@test_case(name="test_dynamic_net_shares_its_middle_layer", points=4)
def test_dynamic_net_shares_its_middle_layer(env):
    question.judge("test_dynamic_net_shares_its_middle_layer", env)
