"""Wrong: forgets to add b."""

CAUGHT_BY = ()


def linear_forward(x, w, b):
    return x @ w, (x, w)
