"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "to_numpy_copy"
all_or_nothing = False
question = QuestionCheck(name)


@test_case(name="test_to_numpy_copy_keeps_values_and_dtype", points=1.5)
def test_to_numpy_copy_keeps_values_and_dtype(env):
    question.judge("test_to_numpy_copy_keeps_values_and_dtype", env)


@test_case(name="test_to_numpy_copy_of_a_tensor_that_requires_grad", points=1)
def test_to_numpy_copy_of_a_tensor_that_requires_grad(env):
    question.judge("test_to_numpy_copy_of_a_tensor_that_requires_grad", env)
