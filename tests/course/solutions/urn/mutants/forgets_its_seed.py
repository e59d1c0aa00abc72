"""Wrong, but the bar can't know: another test catches it, so calibration leaves it out."""

CAUGHT_BY = ("test_train_repeats",)


def train(seed):
    return random.gauss(0.92, 0.004)
