"""Wrong: (N,) stays (N,)."""

CAUGHT_BY = (
    "test_flatten_batch_of_edge_shapes",
    "test_flatten_batch_shares_whenever_a_view_can",
)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


def flatten_batch(x):
    return x.flatten(1) if x.dim() > 1 else x
