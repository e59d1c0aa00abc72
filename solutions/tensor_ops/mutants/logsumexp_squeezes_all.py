"""Wrong: squeeze() without a dim."""

CAUGHT_BY = ("test_logsumexp_along_any_dimension",)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


def logsumexp(x, dim=-1):
    top = x.amax(dim, keepdim=True)
    top = top.masked_fill(top.isinf(), 0.0)
    return ((x - top).exp().sum(dim, keepdim=True).log() + top).squeeze()
