"""Wrong: the cost lacks the factor 1/2; the gradient is that of the right cost."""

CAUGHT_BY = (
    "test_quadratic_cost_batch_of_one",
    "test_quadratic_cost_float32",
    "test_quadratic_cost_layouts",
    "test_quadratic_cost_value",
)
CAUSES = ("factor 2",)


def quadratic_cost(predictions, targets):
    n, difference = len(predictions), predictions - targets
    return (difference**2).sum() / n, difference / n
