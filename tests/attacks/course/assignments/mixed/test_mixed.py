from autograder import CheckFailure, assert_close, assert_gradient, points, probe


@points(3, question="slope")
def test_slope(submission, draw):
    """The gradient of sum(upstream * x³)."""
    x, upstream = draw.normal(4, 3), draw.normal(4, 3)
    dx = submission.call("cube_backward", x, upstream)
    assert_gradient(dx, of=lambda x: (x**3 * upstream).sum(), at=x)


@probe
def scaled_in_place(student, x, factor):
    student.scale_(x, factor)
    return x


@points(1, question="scale")
def test_scale(submission, draw):
    """scale_ multiplies its argument in place."""
    x = draw.normal(3, 2)
    assert_close(submission.run(scaled_in_place, x, 2.5, changes=("x",)), x * 2.5)


@points(1, question="scale")
def test_scaled(submission, draw):
    """scaled returns a new tensor, and leaves its argument alone."""
    x = draw.normal(3, 2)
    assert_close(submission.call("scaled", x, 2.5), x * 2.5)


@points(1, question="words")
def test_count(submission):
    """How often each word occurs."""
    if submission.call("count", ["to", "be", "or", "not", "to", "be"]) != {"to": 2, "be": 2, "or": 1, "not": 1}:
        raise CheckFailure("count(...) is wrong")


@points(1, question="words")
def test_join(submission):
    """Words, a line each."""
    assert submission.call("join", ["to", "be", "or"]) == "to\nbe\nor"


@points("0.5", question="words")
def test_lengths(submission):
    """The length of each word."""
    assert_close(submission.call("lengths", ["to", "not"]), [2, 3])


@points("0.5", question="words")
def test_lengths_refuses_text(submission):
    """One text is no list of words."""
    submission.raises(TypeError, "lengths", "word", because="a text is no list")


@points(1, question="noise")
def test_noise_repeats(submission, draw):
    """The same seed gives the same noise, of the size that was asked for."""
    seed = draw.seed()
    first, again = submission.call("noise", seed, 5), submission.call("noise", seed, 5)
    assert_close(again, first)
    assert_close(list(first.shape), [5])
