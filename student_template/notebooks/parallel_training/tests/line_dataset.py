"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "line_dataset"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_lines_in_any_order", points=3)
def test_lines_in_any_order(env):
    question.judge("test_lines_in_any_order", env)


@test_case(name="test_lines_of_any_alphabet", points=2)
def test_lines_of_any_alphabet(env):
    question.judge("test_lines_of_any_alphabet", env)


@test_case(name="test_lines_from_the_end_and_beyond", points=3)
def test_lines_from_the_end_and_beyond(env):
    question.judge("test_lines_from_the_end_and_beyond", env)


@test_case(name="test_lines_in_forked_workers", points=3)
def test_lines_in_forked_workers(env):
    question.judge("test_lines_in_forked_workers", env)
