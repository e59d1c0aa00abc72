"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "round_ste"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_round_ste_gradient", points=1.5)
def test_round_ste_gradient(env):
    question.judge("test_round_ste_gradient", env)


@test_case(name="test_round_ste_ties", points=0.5)
def test_round_ste_ties(env):
    question.judge("test_round_ste_ties", env)
