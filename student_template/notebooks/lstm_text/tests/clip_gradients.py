"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "clip_gradients"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_clip_gradients_scales", points=3)
def test_clip_gradients_scales(env):
    question.judge("test_clip_gradients_scales", env)


@test_case(name="test_clip_gradients_keeps_small_ones", points=1.5)
def test_clip_gradients_keeps_small_ones(env):
    question.judge("test_clip_gradients_keeps_small_ones", env)
