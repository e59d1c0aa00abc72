"""Wrong: computes in x itself."""

CAUGHT_BY = ()


def sigmoid_forward(x):
    out = x.neg_().exp_().add_(1).reciprocal_()
    return out, out.clone()
