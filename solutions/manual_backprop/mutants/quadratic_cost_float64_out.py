"""Wrong: returns float64 for float32."""

CAUGHT_BY = ("test_quadratic_cost_float32",)
CAUSES = ("wrong dtype",)


def quadratic_cost(predictions, targets):
    n, difference = len(predictions), predictions.double() - targets.double()
    return (difference**2).sum() / (2 * n), difference / n
