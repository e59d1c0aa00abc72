"""Wrong: subtracts the mean from the caller's points."""

CAUGHT_BY = (
    "test_train_spiral_accuracy",
    "test_train_spiral_accuracy_mixed",
    "test_train_spiral_arguments",
    "test_train_spiral_float64",
    "test_train_spiral_sizes",
    "test_train_spiral_whole_batch",
)
CAUSES = ("argument changed in place",)


def train_spiral(x, labels, num_classes=3, hidden=100, learning_rate=1.0, steps=2000, seed=0):
    x -= x.mean(dim=0)
    net = TwoLayerNet(x.shape[1], hidden, num_classes, seed)
    net.params = {name: parameter.to(x) for name, parameter in net.params.items()}
    for _ in range(steps):
        _, grads = net.loss_and_grads(x, labels)
        sgd_step(net.params, grads, learning_rate)
    return net
