"""Wrong: rows far below the maximum become 0 / 0."""

CAUGHT_BY = ()

def softmax(x, dim=-1):
    if x.numel() == 0:
        return x.clone()
    e = (x - x.max()).exp()
    return e / e.sum(dim, keepdim=True)
