"""Wrong: squeeze() eats a batch of one."""

import math

import torch

CAUGHT_BY = ("test_two_layer_net_small_batches",)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


class TwoLayerNet:
    """A two-layer net, but wrong."""

    def __init__(self, in_features, hidden, num_classes, seed=0):
        generator = torch.Generator().manual_seed(seed)
        self.params = {
            "w1": torch.randn(in_features, hidden, generator=generator) * math.sqrt(2 / in_features),
            "b1": torch.zeros(hidden),
            "w2": torch.randn(hidden, num_classes, generator=generator) * math.sqrt(2 / hidden),
            "b2": torch.zeros(num_classes),
        }

    def forward(self, x):
        p = self.params
        hidden, _ = linear_forward(x, p["w1"], p["b1"])
        active, _ = relu_forward(hidden)
        logits, _ = linear_forward(active, p["w2"], p["b2"])
        return logits.squeeze()

    def loss_and_grads(self, x, labels, weight_decay=0.0):
        p = self.params
        hidden, cache1 = linear_forward(x, p["w1"], p["b1"])
        active, cache_relu = relu_forward(hidden)
        logits, cache2 = linear_forward(active, p["w2"], p["b2"])
        loss, dlogits = softmax_cross_entropy(logits, labels)
        loss = loss + weight_decay / 2 * ((p["w1"] ** 2).sum() + (p["w2"] ** 2).sum())

        dactive, dw2, db2 = linear_backward(dlogits, cache2)
        dhidden = relu_backward(dactive, cache_relu)
        _, dw1, db1 = linear_backward(dhidden, cache1)
        return loss, {"w1": dw1 + weight_decay * p["w1"], "b1": db1, "w2": dw2 + weight_decay * p["w2"], "b2": db2}
