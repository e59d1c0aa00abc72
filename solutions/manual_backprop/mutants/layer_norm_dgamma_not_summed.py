"""Wrong: dgamma lacks the sum over the batch."""

CAUGHT_BY = (
    "test_layer_norm_backward_dgamma_dbeta",
    "test_layer_norm_batch_of_one",
    "test_layer_norm_caches_are_separate",
    "test_layer_norm_constant_rows",
    "test_layer_norm_empty_batch",
    "test_layer_norm_eps",
    "test_layer_norm_float32",
    "test_layer_norm_layouts",
)
CAUSES = ("an extra dimension of size 1", "missing sum", "missing sum over the batch")


def layer_norm_backward(upstream, cache):
    x_hat, inverse_std, gamma = cache
    dgamma, dbeta = upstream * x_hat, upstream.sum(dim=0)
    g = upstream * gamma
    dx = inverse_std * (g - g.mean(dim=1, keepdim=True) - x_hat * (g * x_hat).mean(dim=1, keepdim=True))
    return dx, dgamma, dbeta
