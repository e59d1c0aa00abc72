"""Wrong: the gradient has the wrong sign: it is with respect to the targets."""

CAUGHT_BY = ()


def quadratic_cost(predictions, targets):
    n, difference = len(predictions), targets - predictions
    return (difference**2).sum() / (2 * n), difference / n
