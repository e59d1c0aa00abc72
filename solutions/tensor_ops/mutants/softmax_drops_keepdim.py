"""Wrong: the sum broadcasts along the wrong axis."""

CAUGHT_BY = ()

def softmax(x, dim=-1):
    e = (x - x.amax(dim, keepdim=True)).exp()
    return e / e.sum(dim)
