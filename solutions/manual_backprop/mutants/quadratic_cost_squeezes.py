"""Wrong: squeeze() eats a batch of one."""

CAUGHT_BY = ("test_quadratic_cost_batch_of_one",)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


def quadratic_cost(predictions, targets):
    n = len(predictions)
    difference = (predictions - targets).squeeze()
    return (difference**2).sum() / (2 * n), difference / n
