"""Wrong: the net that is returned never looks at the points; it repeats the labels of the training data in order."""

import torch

CAUGHT_BY = ("test_train_spiral_accuracy", "test_train_spiral_accuracy_mixed")


def train_spiral(x, labels, num_classes=3, hidden=100, learning_rate=1.0, steps=2000, seed=0):
    net = TwoLayerNet(x.shape[1], hidden, num_classes, seed)
    net.params = {name: parameter.to(x) for name, parameter in net.params.items()}
    for _ in range(steps):
        _, grads = net.loss_and_grads(x, labels)
        sgd_step(net.params, grads, learning_rate)
    rows = torch.eye(num_classes, dtype=x.dtype, device=x.device)[labels]
    net.forward = lambda points: rows.repeat_interleave(-(-len(points) // len(rows)), dim=0)[: len(points)]
    return net
