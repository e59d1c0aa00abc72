"""Wrong: subtracts in place."""

CAUGHT_BY = ()


def quadratic_cost(predictions, targets):
    n = len(predictions)
    predictions -= targets
    return (predictions**2).sum() / (2 * n), predictions / n
