"""Wrong: dx treats mean and variance as constants."""

CAUGHT_BY = ()


def layer_norm_backward(upstream, cache):
    x_hat, inverse_std, gamma = cache
    dgamma, dbeta = (upstream * x_hat).sum(dim=0), upstream.sum(dim=0)
    g = upstream * gamma
    return inverse_std * g, dgamma, dbeta
