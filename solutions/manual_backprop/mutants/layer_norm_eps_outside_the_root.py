"""Wrong: adds eps to the standard deviation instead of to the variance."""

CAUGHT_BY = (
    "test_layer_norm_backward_dgamma_dbeta",
    "test_layer_norm_backward_dx",
    "test_layer_norm_batch_of_one",
    "test_layer_norm_caches_are_separate",
    "test_layer_norm_constant_rows",
    "test_layer_norm_eps",
    "test_layer_norm_float32",
    "test_layer_norm_forward",
    "test_layer_norm_layouts",
)
CAUSES = ("small error",)


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    inverse_std = 1 / (x.std(dim=1, keepdim=True, correction=0) + eps)
    x_hat = (x - x.mean(dim=1, keepdim=True)) * inverse_std
    return gamma * x_hat + beta, (x_hat, inverse_std, gamma)
