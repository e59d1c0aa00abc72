"""Wrong: view() needs a contiguous upstream."""

CAUGHT_BY = ("test_linear_layouts",)


def linear_backward(upstream, cache):
    x, w = cache
    flat = upstream.view(-1)
    return upstream @ w.T, x.T @ upstream, flat.reshape(upstream.shape).sum(dim=0)
