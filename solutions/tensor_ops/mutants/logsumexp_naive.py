"""Wrong: log(sum(exp(x))) overflows."""

CAUGHT_BY = ()

def logsumexp(x, dim=-1):
    return x.exp().sum(dim).log()
