"""Wrong: the gradient keeps the 2 that the 1/2 should cancel."""

CAUGHT_BY = (
    "test_quadratic_cost_batch_of_one",
    "test_quadratic_cost_float32",
    "test_quadratic_cost_gradient",
    "test_quadratic_cost_layouts",
)
CAUSES = ("factor 2",)


def quadratic_cost(predictions, targets):
    n, difference = len(predictions), predictions - targets
    return (difference**2).sum() / (2 * n), 2 * difference / n
