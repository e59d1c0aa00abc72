"""Right: starts from small weights and trains with a little weight decay, as CS231n does; params is an OrderedDict."""

from collections import OrderedDict

import torch


class TwoLayerNet:
    def __init__(self, in_features, hidden, num_classes, seed=0):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            w1 = 0.01 * torch.randn(in_features, hidden)
            w2 = 0.01 * torch.randn(hidden, num_classes)
        self.params = OrderedDict(w1=w1, b1=torch.zeros(1, hidden).squeeze(0), w2=w2, b2=torch.zeros(num_classes))

    def forward(self, x):
        w1, b1, w2, b2 = self.params.values()
        return (x @ w1 + b1).clamp_min(0) @ w2 + b2

    def loss_and_grads(self, x, labels, weight_decay=0.0):
        w1, b1, w2, b2 = (self.params[name] for name in ("w1", "b1", "w2", "b2"))
        scores = x @ w1 + b1
        h = scores.clamp_min(0)
        loss, d = softmax_cross_entropy(h @ w2 + b2, labels)
        if weight_decay:
            loss = loss + weight_decay / 2 * torch.cat([w1.reshape(-1), w2.reshape(-1)]).dot(
                torch.cat([w1.reshape(-1), w2.reshape(-1)])
            )
        dh = (d @ w2.T).masked_fill(scores <= 0, 0)
        grads = OrderedDict(w1=x.T @ dh, b1=dh.sum(dim=0), w2=h.T @ d, b2=d.sum(dim=0))
        grads["w1"] += weight_decay * w1
        grads["w2"] += weight_decay * w2
        return loss, grads


def train_spiral(x, labels, num_classes=3, hidden=100, learning_rate=1.0, steps=2000, seed=0):
    net = TwoLayerNet(x.size(1), hidden, num_classes, seed=seed)
    for name in net.params:
        net.params[name] = net.params[name].to(dtype=x.dtype, device=x.device)
    for step in range(steps):
        loss, grads = net.loss_and_grads(x, labels, weight_decay=1e-4)
        sgd_step(net.params, grads, learning_rate)
        if step % 500 == 0:
            print(f"step {step}: loss {float(loss):.4f}")
    return net
