"""Wrong: mean over features."""

CAUGHT_BY = (
    "test_pairwise_sq_dists_by_your_own_means",
    "test_pairwise_sq_dists_far_from_the_origin",
    "test_pairwise_sq_dists_of_all_pairs",
    "test_pairwise_sq_dists_of_few_points",
    "test_pairwise_sq_dists_to_itself",
)
CAUSES = ("factor 0.*", "factor 1/*")


def pairwise_sq_dists(a, b):
    return (a[:, None] - b).square().mean(-1)
