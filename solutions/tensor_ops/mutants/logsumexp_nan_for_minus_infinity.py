"""Wrong: -inf - (-inf) is NaN."""

CAUGHT_BY = ()

def logsumexp(x, dim=-1):
    top = x.amax(dim, keepdim=True)
    return (x - top).exp().sum(dim).log() + top.squeeze(dim)
