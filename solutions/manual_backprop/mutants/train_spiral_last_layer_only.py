"""Wrong: trains the second layer only; the first stays random."""

CAUGHT_BY = (
    "test_train_spiral_accuracy",
    "test_train_spiral_accuracy_mixed",
)


def train_spiral(x, labels, num_classes=3, hidden=100, learning_rate=1.0, steps=2000, seed=0):
    net = TwoLayerNet(x.shape[1], hidden, num_classes, seed)
    net.params = {name: parameter.to(x) for name, parameter in net.params.items()}
    for _ in range(steps):
        _, grads = net.loss_and_grads(x, labels)
        grads["w1"], grads["b1"] = 0 * grads["w1"], 0 * grads["b1"]
        sgd_step(net.params, grads, learning_rate)
    return net
