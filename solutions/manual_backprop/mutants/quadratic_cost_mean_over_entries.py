"""Wrong: divides by the number of entries, not of rows."""

CAUGHT_BY = (
    "test_quadratic_cost_batch_of_one",
    "test_quadratic_cost_float32",
    "test_quadratic_cost_gradient",
    "test_quadratic_cost_layouts",
    "test_quadratic_cost_value",
)
CAUSES = ("factor 1/3",)


def quadratic_cost(predictions, targets):
    difference = predictions - targets
    n = difference.numel()
    return (difference**2).sum() / (2 * n), difference / n
