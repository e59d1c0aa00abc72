"""Wrong: keeps the cache in one global variable, which the next layer overwrites."""

CAUGHT_BY = (
    "test_linear_caches_are_separate",
    "test_train_spiral_accuracy",
    "test_train_spiral_accuracy_mixed",
    "test_train_spiral_arguments",
    "test_train_spiral_float64",
    "test_train_spiral_sizes",
    "test_train_spiral_whole_batch",
    "test_two_layer_net_float32",
    "test_two_layer_net_leaves_params_alone",
    "test_two_layer_net_loss_and_grads",
    "test_two_layer_net_small_batches",
    "test_two_layer_net_uses_current_params",
    "test_two_layer_net_weight_decay",
)


LAST = {}


def linear_forward(x, w, b):
    LAST["x"], LAST["w"] = x, w
    return x @ w + b, None


def linear_backward(upstream, cache):
    x, w = LAST["x"], LAST["w"]
    return upstream @ w.T, x.T @ upstream, upstream.sum(dim=0)
