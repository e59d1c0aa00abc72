"""Wrong: dx forgets that gamma scales the way back too."""

CAUGHT_BY = ()


def layer_norm_backward(upstream, cache):
    x_hat, inverse_std, gamma = cache
    dgamma, dbeta = (upstream * x_hat).sum(dim=0), upstream.sum(dim=0)
    g = upstream
    dx = inverse_std * (g - g.mean(dim=1, keepdim=True) - x_hat * (g * x_hat).mean(dim=1, keepdim=True))
    return dx, dgamma, dbeta
