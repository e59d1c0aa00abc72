"""Wrong: view() needs a contiguous upstream."""

CAUGHT_BY = ("test_relu_layouts",)


def relu_backward(upstream, cache):
    return (upstream.view(-1) * cache.reshape(-1)).view(upstream.shape)
