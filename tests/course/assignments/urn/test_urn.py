from autograder import points


@points(8, question="train")
def test_train_reaches_the_bar(submission, draw, bars):
    """Training reaches the bar. (It draws a number, so that a calibration takes no time.)"""

    def trial(draw):
        return submission.call("train", draw.seed())

    bars["accuracy"].judge(trial, what="share of white balls")


@points(2, question="train")
def test_train_repeats(submission, draw):
    """The same seed gives the same number."""
    seed = draw.seed()
    assert submission.call("train", seed) == submission.call("train", seed)
