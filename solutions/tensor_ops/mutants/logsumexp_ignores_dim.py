"""Wrong: always the last dimension."""

CAUGHT_BY = ()

def logsumexp(x, dim=-1):
    top = x.amax(-1, keepdim=True)
    top = top.masked_fill(top.isinf(), 0.0)
    return (x - top).exp().sum(-1).log() + top.squeeze(-1)
