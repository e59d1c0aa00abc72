"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "fit_random_data"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_fit_random_data_descends", points=2)
def test_fit_random_data_descends(env):
    question.judge("test_fit_random_data_descends", env)


@test_case(name="test_fit_random_data_by_default", points=1)
def test_fit_random_data_by_default(env):
    question.judge("test_fit_random_data_by_default", env)
