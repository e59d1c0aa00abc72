"""Wrong: squeeze() eats a single point."""

CAUGHT_BY = ("test_pairwise_sq_dists_of_few_points",)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


def pairwise_sq_dists(a, b):
    return (a[:, None] - b).square().sum(-1).squeeze()
