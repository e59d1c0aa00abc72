"""Wrong: takes a random half of the points at each step instead of the whole batch."""

import torch

CAUGHT_BY = ("test_train_spiral_whole_batch",)


def train_spiral(x, labels, num_classes=3, hidden=100, learning_rate=1.0, steps=2000, seed=0):
    net = TwoLayerNet(x.shape[1], hidden, num_classes, seed)
    net.params = {name: parameter.to(x) for name, parameter in net.params.items()}
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        batch = torch.randperm(len(x), generator=generator)[: len(x) // 2].to(x.device)
        _, grads = net.loss_and_grads(x[batch], labels[batch])
        sgd_step(net.params, grads, learning_rate)
    return net
