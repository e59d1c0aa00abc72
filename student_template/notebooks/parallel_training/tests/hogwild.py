"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "hogwild"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_hogwild_of_one_process", points=4)
def test_hogwild_of_one_process(env):
    question.judge("test_hogwild_of_one_process", env)


@test_case(name="test_hogwild_trains_on_every_shard", points=5)
def test_hogwild_trains_on_every_shard(env):
    question.judge("test_hogwild_trains_on_every_shard", env)


@test_case(name="test_hogwild_raises_what_a_process_raises", points=3)
def test_hogwild_raises_what_a_process_raises(env):
    question.judge("test_hogwild_raises_what_a_process_raises", env)
