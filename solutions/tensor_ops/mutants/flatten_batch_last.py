"""Wrong: rows and columns exchanged."""

CAUGHT_BY = (
    "test_flatten_batch_keeps_rows",
    "test_flatten_batch_of_a_permuted_tensor",
    "test_flatten_batch_of_edge_shapes",
    "test_flatten_batch_shares_memory",
    "test_flatten_batch_shares_whenever_a_view_can",
)
CAUSES = ("a dimension of size 1 is lost or misplaced", "another shape")


def flatten_batch(x):
    return x.reshape(x.shape[1:].numel(), len(x))
