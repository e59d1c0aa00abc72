"""Wrong: always the first dimension."""

CAUGHT_BY = ()

def softmax(x, dim=-1):
    e = (x - x.amax(0, keepdim=True)).exp()
    return e / e.sum(0, keepdim=True)
