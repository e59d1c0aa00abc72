"""Wrong: view() needs contiguous inputs."""

CAUGHT_BY = ("test_quadratic_cost_layouts",)


def quadratic_cost(predictions, targets):
    n = len(predictions)
    difference = predictions.view(-1) - targets.view(-1)
    return difference.dot(difference) / (2 * n), difference.view(n, -1) / n
