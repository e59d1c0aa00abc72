"""Wrong: divides by the number of entries, not of rows."""

CAUGHT_BY = ()


def quadratic_cost(predictions, targets):
    difference = predictions - targets
    n = difference.numel()
    return (difference**2).sum() / (2 * n), difference / n
