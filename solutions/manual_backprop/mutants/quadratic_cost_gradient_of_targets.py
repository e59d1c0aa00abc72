"""Wrong: the gradient has the wrong sign: it is with respect to the targets."""

CAUGHT_BY = (
    "test_quadratic_cost_batch_of_one",
    "test_quadratic_cost_float32",
    "test_quadratic_cost_gradient",
    "test_quadratic_cost_layouts",
)
CAUSES = ("factor -1",)


def quadratic_cost(predictions, targets):
    n, difference = len(predictions), targets - predictions
    return (difference**2).sum() / (2 * n), difference / n
