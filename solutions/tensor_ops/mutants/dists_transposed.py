"""Wrong: (M, N) for (N, M)."""

CAUGHT_BY = (
    "test_pairwise_sq_dists_by_your_own_means",
    "test_pairwise_sq_dists_far_from_the_origin",
    "test_pairwise_sq_dists_of_all_pairs",
    "test_pairwise_sq_dists_of_few_points",
)
CAUSES = ("a dimension of size 1 is lost or misplaced", "transposed")


def pairwise_sq_dists(a, b):
    return (b[:, None] - a).square().sum(-1)
