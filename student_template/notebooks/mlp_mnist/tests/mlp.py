"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "mlp"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_mlp_logits", points=3)
def test_mlp_logits(env):
    question.judge("test_mlp_logits", env)


@test_case(name="test_mlp_shapes_of_input", points=2)
def test_mlp_shapes_of_input(env):
    question.judge("test_mlp_shapes_of_input", env)


@test_case(name="test_mlp_dropout_in_training_only", points=2)
def test_mlp_dropout_in_training_only(env):
    question.judge("test_mlp_dropout_in_training_only", env)
