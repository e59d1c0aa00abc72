"""Wrong: always has 100 hidden units."""

CAUGHT_BY = ("test_train_spiral_sizes",)


def train_spiral(x, labels, num_classes=3, hidden=100, learning_rate=1.0, steps=2000, seed=0):
    net = TwoLayerNet(x.shape[1], 100, num_classes, seed)
    net.params = {name: parameter.to(x) for name, parameter in net.params.items()}
    for _ in range(steps):
        _, grads = net.loss_and_grads(x, labels)
        sgd_step(net.params, grads, learning_rate)
    return net
