"""Wrong: a small number in the denominator."""

CAUGHT_BY = ()

def softmax(x, dim=-1):
    e = (x - x.amax(dim, keepdim=True)).exp()
    return e / (e.sum(dim, keepdim=True) + 1e-6)
