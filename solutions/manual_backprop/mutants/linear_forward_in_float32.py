"""Wrong: computes in float32 and casts back: half the digits are gone."""

CAUGHT_BY = ()


def linear_forward(x, w, b):
    return (x.float() @ w.float() + b.float()).to(x.dtype), (x, w)
