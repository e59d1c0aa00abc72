"""Wrong: subtracts in place."""

CAUGHT_BY = (
    "test_quadratic_cost_batch_of_one",
    "test_quadratic_cost_float32",
    "test_quadratic_cost_gradient",
    "test_quadratic_cost_layouts",
    "test_quadratic_cost_value",
)
CAUSES = ("argument changed in place",)


def quadratic_cost(predictions, targets):
    n = len(predictions)
    predictions -= targets
    return (predictions**2).sum() / (2 * n), predictions / n
