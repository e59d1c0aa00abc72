"""Wrong: the gradient keeps the 2 that the 1/2 should cancel."""

CAUGHT_BY = ()


def quadratic_cost(predictions, targets):
    n, difference = len(predictions), predictions - targets
    return (difference**2).sum() / (2 * n), 2 * difference / n
