"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "attention"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_attention_dot", points=5)
def test_attention_dot(env):
    question.judge("test_attention_dot", env)


@test_case(name="test_attention_general", points=4)
def test_attention_general(env):
    question.judge("test_attention_general", env)


@test_case(name="test_attention_concat", points=4)
def test_attention_concat(env):
    question.judge("test_attention_concat", env)


@test_case(name="test_attention_unknown_method", points=1.5)
def test_attention_unknown_method(env):
    question.judge("test_attention_unknown_method", env)
