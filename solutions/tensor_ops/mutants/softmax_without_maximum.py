"""Wrong: overflows for large entries."""

CAUGHT_BY = ()

def softmax(x, dim=-1):
    return x.exp() / x.exp().sum(dim, keepdim=True)
