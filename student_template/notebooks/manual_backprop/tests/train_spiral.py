"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "train_spiral"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_train_spiral_accuracy", points=4)
def test_train_spiral_accuracy(env):
    question.judge("test_train_spiral_accuracy", env)
