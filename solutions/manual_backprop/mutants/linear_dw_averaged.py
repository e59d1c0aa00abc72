"""Wrong: dw is divided by the number of rows, which the upstream has seen to already."""

CAUGHT_BY = (
    "test_linear_backward_dw",
    "test_linear_batch_of_one",
    "test_linear_caches_are_separate",
    "test_linear_empty_batch",
    "test_linear_float32",
    "test_linear_layouts",
    "test_train_spiral_accuracy",
    "test_train_spiral_accuracy_mixed",
    "test_two_layer_net_float32",
    "test_two_layer_net_leaves_params_alone",
    "test_two_layer_net_loss_and_grads",
    "test_two_layer_net_weight_decay",
)
CAUSES = ("NaN*", "factor 0.*", "factor 1/*")


def linear_backward(upstream, cache):
    x, w = cache
    return upstream @ w.T, x.T @ upstream / len(x), upstream.sum(dim=0)
