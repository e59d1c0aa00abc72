"""Wrong: -1 is ambiguous for an empty batch."""

CAUGHT_BY = ("test_flatten_batch_of_edge_shapes",)


def flatten_batch(x):
    return x.reshape(len(x), -1)
