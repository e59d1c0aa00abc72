"""Wrong: -inf becomes 0."""

CAUGHT_BY = ("test_softmax_with_minus_infinity",)


def softmax(x, dim=-1):
    e = x.masked_fill(x.isinf(), 0.0)
    e = (e - e.amax(dim, keepdim=True)).exp()
    return e / e.sum(dim, keepdim=True)
