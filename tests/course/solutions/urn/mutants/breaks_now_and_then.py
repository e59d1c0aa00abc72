"""Wrong: most of its trainings never end well."""

CAUGHT_BY = ("test_train_reaches_the_bar",)


def train(seed):
    if seed % 4:
        raise ZeroDivisionError("the loss is 0/0")
    return 0.1
