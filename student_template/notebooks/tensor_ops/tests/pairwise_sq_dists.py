"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "pairwise_sq_dists"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_pairwise_sq_dists_of_all_pairs", points=2)
def test_pairwise_sq_dists_of_all_pairs(env):
    question.judge("test_pairwise_sq_dists_of_all_pairs", env)


@test_case(name="test_pairwise_sq_dists_to_itself", points=1)
def test_pairwise_sq_dists_to_itself(env):
    question.judge("test_pairwise_sq_dists_to_itself", env)
