"""Wrong: |a|^2 - 2ab + |b|^2 loses digits."""

CAUGHT_BY = (
    "test_pairwise_sq_dists_far_from_the_origin",
    "test_pairwise_sq_dists_to_itself",
)
CAUSES = ("zero",)


def pairwise_sq_dists(a, b):
    return a.square().sum(1)[:, None] - 2 * a @ b.t() + b.square().sum(1)
