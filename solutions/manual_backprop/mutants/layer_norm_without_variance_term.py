"""Wrong: dx lacks the path through the variance."""

CAUGHT_BY = (
    "test_layer_norm_backward_dx",
    "test_layer_norm_batch_of_one",
    "test_layer_norm_caches_are_separate",
    "test_layer_norm_constant_rows",
    "test_layer_norm_eps",
    "test_layer_norm_float32",
    "test_layer_norm_layouts",
)
CAUSES = ("missing term: the path through the variance",)


def layer_norm_backward(upstream, cache):
    x_hat, inverse_std, gamma = cache
    dgamma, dbeta = (upstream * x_hat).sum(dim=0), upstream.sum(dim=0)
    g = upstream * gamma
    dx = inverse_std * (g - g.mean(dim=1, keepdim=True))
    return dx, dgamma, dbeta
