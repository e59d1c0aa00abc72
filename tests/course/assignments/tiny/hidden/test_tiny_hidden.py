from autograder import assert_close, points


@points("2.5", question="double")
def test_double_noncontiguous(submission, draw):
    """Inputs with gaps in memory are doubled too."""
    x = draw.normal(3, 4, contiguous=False)
    assert_close(submission.call("double", x), x + x)


@points(2, question="halve")
def test_halve_refuses_text(submission):
    """Text can't be halved."""
    submission.raises(ValueError, "halve", "seven", because="a text can't be halved")
