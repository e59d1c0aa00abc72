"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "count_correct"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_count_correct_is_a_python_int", points=1.5)
def test_count_correct_is_a_python_int(env):
    question.judge("test_count_correct_is_a_python_int", env)


@test_case(name="test_count_correct_without_a_loop", points=1.5)
def test_count_correct_without_a_loop(env):
    question.judge("test_count_correct_without_a_loop", env)
