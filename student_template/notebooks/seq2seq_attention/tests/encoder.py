"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "encoder"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_encoder_padding_and_order", points=5)
def test_encoder_padding_and_order(env):
    question.judge("test_encoder_padding_and_order", env)


@test_case(name="test_encoder_hidden_is_the_sum_of_the_last_states", points=3.5)
def test_encoder_hidden_is_the_sum_of_the_last_states(env):
    question.judge("test_encoder_hidden_is_the_sum_of_the_last_states", env)
