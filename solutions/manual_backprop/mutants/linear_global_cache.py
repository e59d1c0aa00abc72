"""Wrong: keeps the cache in one global variable, which the next layer overwrites."""

CAUGHT_BY = ()


LAST = {}


def linear_forward(x, w, b):
    LAST["x"], LAST["w"] = x, w
    return x @ w + b, None


def linear_backward(upstream, cache):
    x, w = LAST["x"], LAST["w"]
    return upstream @ w.T, x.T @ upstream, upstream.sum(dim=0)
