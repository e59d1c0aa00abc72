"""Wrong: db is the upstream itself: the sum over the batch is missing."""

CAUGHT_BY = (
    "test_linear_backward_db",
    "test_linear_batch_of_one",
    "test_linear_caches_are_separate",
    "test_linear_empty_batch",
    "test_linear_float32",
    "test_linear_layouts",
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
    "test_two_layer_net_weight_decay",
)
CAUSES = ("an extra dimension of size 1", "missing sum", "missing sum over the batch")


def linear_backward(upstream, cache):
    x, w = cache
    return upstream @ w.T, x.T @ upstream, upstream
