"""Wrong: the mask is float64, and so is the gradient of float32 inputs."""

CAUGHT_BY = (
    "test_relu_float32",
    "test_train_spiral_accuracy",
    "test_train_spiral_accuracy_mixed",
    "test_train_spiral_arguments",
    "test_train_spiral_sizes",
    "test_train_spiral_whole_batch",
    "test_two_layer_net_float32",
)
CAUSES = ("wrong dtype",)


def relu_backward(upstream, cache):
    return upstream * cache.double()
