"""Wrong: the cost lacks the factor 1/2; the gradient is that of the right cost."""

CAUGHT_BY = ()


def quadratic_cost(predictions, targets):
    n, difference = len(predictions), predictions - targets
    return (difference**2).sum() / n, difference / n
