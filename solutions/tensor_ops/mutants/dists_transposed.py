"""Wrong: (M, N) for (N, M)."""

CAUGHT_BY = ()

def pairwise_sq_dists(a, b):
    return (b[:, None] - a).square().sum(-1)
