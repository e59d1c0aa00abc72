"""Wrong: squeeze() eats a batch of one, and the sum then runs over the outputs."""

CAUGHT_BY = (
    "test_linear_batch_of_one",
    "test_two_layer_net_small_batches",
)


def linear_backward(upstream, cache):
    x, w = cache
    return upstream @ w.T, x.T @ upstream, upstream.squeeze().sum(dim=0)
