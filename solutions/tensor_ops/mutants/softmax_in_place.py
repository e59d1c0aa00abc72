"""Wrong: changes its argument."""

CAUGHT_BY = ()

def softmax(x, dim=-1):
    x -= x.amax(dim, keepdim=True)
    e = x.exp()
    return e / e.sum(dim, keepdim=True)
