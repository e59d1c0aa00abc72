"""Wrong: |a|^2 - 2ab + |b|^2 loses digits."""

CAUGHT_BY = ()

def pairwise_sq_dists(a, b):
    return a.square().sum(1)[:, None] - 2 * a @ b.t() + b.square().sum(1)
