"""Wrong: -inf becomes a large negative number."""

CAUGHT_BY = ()

def logsumexp(x, dim=-1):
    x = x.nan_to_num(neginf=-1e30)
    top = x.amax(dim, keepdim=True)
    return (x - top).exp().sum(dim).log() + top.squeeze(dim)
