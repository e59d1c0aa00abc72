"""Wrong: the backward pass averages with D - 1 where the forward pass used D."""

CAUGHT_BY = ()


def layer_norm_backward(upstream, cache):
    x_hat, inverse_std, gamma = cache
    dgamma, dbeta = (upstream * x_hat).sum(dim=0), upstream.sum(dim=0)
    g = upstream * gamma
    d = x_hat.shape[1]
    dx = inverse_std * (g - g.mean(dim=1, keepdim=True) - x_hat * (g * x_hat).sum(dim=1, keepdim=True) / max(d - 1, 1))
    return dx, dgamma, dbeta
