"""Wrong: computes dgamma in the cached x_hat, so a second backward pass is wrong."""

CAUGHT_BY = ("test_layer_norm_caches_are_separate",)


def layer_norm_backward(upstream, cache):
    x_hat, inverse_std, gamma = cache
    g = upstream * gamma
    dx = inverse_std * (g - g.mean(dim=1, keepdim=True) - x_hat * (g * x_hat).mean(dim=1, keepdim=True))
    x_hat *= upstream
    return dx, x_hat.sum(dim=0), upstream.sum(dim=0)
