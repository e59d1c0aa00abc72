"""Wrong: stops halfway."""

CAUGHT_BY = ("test_train_reaches_the_bar",)


def train(seed):
    return random.Random(seed).gauss(0.87, 0.005)
