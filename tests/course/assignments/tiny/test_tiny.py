import torch

from autograder import assert_close, points, probe


@probe
def doubled_twice(student, x):
    return student.double(student.double(x))


@points(3, question="double")
def test_double(submission, draw):
    """Every entry is multiplied by two."""
    x = draw.normal(3, 4)
    assert_close(submission.call("double", x), x + x)


@points("0.5", question="double")
def test_double_twice(submission, draw):
    """Doubling twice is four times."""
    x = draw.normal(2, 3, dtype=torch.float32)
    assert_close(submission.run(doubled_twice, x), x * 4)


@points(2, question="halve")
def test_halve(submission, draw):
    """Every entry is divided by two."""
    x = draw.normal(5)
    assert_close(submission.call("halve", x), x / 2)
