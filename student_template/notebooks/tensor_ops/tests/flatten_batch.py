"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "flatten_batch"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_flatten_batch_keeps_rows", points=1.5)
def test_flatten_batch_keeps_rows(env):
    question.judge("test_flatten_batch_keeps_rows", env)


@test_case(name="test_flatten_batch_of_a_permuted_tensor", points=2)
def test_flatten_batch_of_a_permuted_tensor(env):
    question.judge("test_flatten_batch_of_a_permuted_tensor", env)


@test_case(name="test_flatten_batch_shares_memory", points=1)
def test_flatten_batch_shares_memory(env):
    question.judge("test_flatten_batch_shares_memory", env)
