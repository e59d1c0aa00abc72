"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "center_crop"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_center_crop_of_one_image", points=2)
def test_center_crop_of_one_image(env):
    question.judge("test_center_crop_of_one_image", env)


@test_case(name="test_center_crop_refuses_a_large_size", points=1)
def test_center_crop_refuses_a_large_size(env):
    question.judge("test_center_crop_refuses_a_large_size", env)
