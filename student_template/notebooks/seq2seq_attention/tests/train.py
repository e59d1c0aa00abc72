"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "train"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_train_learns_a_phrase_book", points=3.5)
def test_train_learns_a_phrase_book(env):
    question.judge("test_train_learns_a_phrase_book", env)


@test_case(name="test_train_on_a_game", points=6)
def test_train_on_a_game(env):
    question.judge("test_train_on_a_game", env)
