"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "accumulate_rows"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_accumulate_rows_with_distinct_indices", points=1)
def test_accumulate_rows_with_distinct_indices(env):
    question.judge("test_accumulate_rows_with_distinct_indices", env)


@test_case(name="test_accumulate_rows_with_repeated_indices", points=2)
def test_accumulate_rows_with_repeated_indices(env):
    question.judge("test_accumulate_rows_with_repeated_indices", env)
