"""Wrong: the gradient is not divided by the number of rows."""

CAUGHT_BY = ()


def quadratic_cost(predictions, targets):
    n, difference = len(predictions), predictions - targets
    return (difference**2).sum() / (2 * n), difference
