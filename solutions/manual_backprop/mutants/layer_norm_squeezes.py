"""Wrong: squeeze() eats a batch of one, and the sum then runs over the features."""

CAUGHT_BY = (
    "test_layer_norm_batch_of_one",
    "test_layer_norm_constant_rows",
)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


def layer_norm_backward(upstream, cache):
    x_hat, inverse_std, gamma = cache
    dgamma, dbeta = (upstream * x_hat).squeeze().sum(dim=0), upstream.sum(dim=0)
    g = upstream * gamma
    dx = inverse_std * (g - g.mean(dim=1, keepdim=True) - x_hat * (g * x_hat).mean(dim=1, keepdim=True))
    return dx, dgamma, dbeta
