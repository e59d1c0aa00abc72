"""Wrong: the gradient is not divided by the number of rows."""

CAUGHT_BY = (
    "test_quadratic_cost_batch_of_one",
    "test_quadratic_cost_float32",
    "test_quadratic_cost_gradient",
    "test_quadratic_cost_layouts",
)
CAUSES = ("factor ?",)


def quadratic_cost(predictions, targets):
    n, difference = len(predictions), predictions - targets
    return (difference**2).sum() / (2 * n), difference
