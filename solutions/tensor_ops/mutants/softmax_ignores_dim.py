"""Wrong: always the last dimension."""

CAUGHT_BY = ("test_softmax_along_any_dimension",)


def softmax(x, dim=-1):
    e = (x - x.amax(-1, keepdim=True)).exp()
    return e / e.sum(-1, keepdim=True)
