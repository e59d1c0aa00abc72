"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "adam"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_adam_first_step", points=2)
def test_adam_first_step(env):
    question.judge("test_adam_first_step", env)


@test_case(name="test_adam_follows_torch", points=3)
def test_adam_follows_torch(env):
    question.judge("test_adam_follows_torch", env)


@test_case(name="test_adam_skips_missing_gradients", points=2)
def test_adam_skips_missing_gradients(env):
    question.judge("test_adam_skips_missing_gradients", env)


@test_case(name="test_adam_zero_grad", points=1)
def test_adam_zero_grad(env):
    question.judge("test_adam_zero_grad", env)
