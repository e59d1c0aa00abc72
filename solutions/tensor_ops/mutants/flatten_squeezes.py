"""Wrong: squeeze() eats a batch of one."""

CAUGHT_BY = (
    "test_flatten_batch_of_edge_shapes",
    "test_flatten_batch_shares_whenever_a_view_can",
)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


def flatten_batch(x):
    return x.reshape(len(x), x.shape[1:].numel()).squeeze()
