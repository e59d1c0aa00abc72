"""Wrong: dbeta averages over the rows instead of adding up."""

CAUGHT_BY = ()


def layer_norm_backward(upstream, cache):
    x_hat, inverse_std, gamma = cache
    dgamma, dbeta = (upstream * x_hat).sum(dim=0), upstream.mean(dim=0)
    g = upstream * gamma
    dx = inverse_std * (g - g.mean(dim=1, keepdim=True) - x_hat * (g * x_hat).mean(dim=1, keepdim=True))
    return dx, dgamma, dbeta
