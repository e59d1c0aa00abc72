"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "sliding_windows"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_sliding_windows_of_a_vector", points=2)
def test_sliding_windows_of_a_vector(env):
    question.judge("test_sliding_windows_of_a_vector", env)


@test_case(name="test_sliding_windows_share_memory", points=1)
def test_sliding_windows_share_memory(env):
    question.judge("test_sliding_windows_share_memory", env)


@test_case(name="test_sliding_windows_refuse_a_large_size", points=1)
def test_sliding_windows_refuse_a_large_size(env):
    question.judge("test_sliding_windows_refuse_a_large_size", env)
