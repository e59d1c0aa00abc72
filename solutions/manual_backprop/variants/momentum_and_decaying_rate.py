"""Right: trains the whole batch with momentum and a falling learning rate; the cost of a batch is a Python float."""

import torch


def softmax_cross_entropy(logits, labels):
    n = logits.shape[0]
    lse = torch.logsumexp(logits, dim=1)
    loss = (lse - logits[torch.arange(n), labels]).mean().item()
    probabilities = torch.exp(logits - lse.unsqueeze(1))
    target = torch.zeros_like(probabilities).scatter_(
        1, labels.view(-1, 1) if labels.is_contiguous() else labels[:, None], 1
    )
    return loss, (probabilities - target) / n


def quadratic_cost(predictions, targets):
    cost = 0.0
    for p, t in zip(predictions, targets):
        cost += ((p - t) ** 2).sum().item()
    return cost / (2 * len(predictions)), (predictions - targets).div(len(predictions))


class TwoLayerNet:
    """Standard deviation 0.5 in both layers, drawn by Python's own generator."""

    def __init__(self, in_features, hidden, num_classes, seed=0):
        import random

        rng = random.Random(seed)

        def draw(rows, columns):
            return torch.tensor([[rng.gauss(0, 0.5) for _ in range(columns)] for _ in range(rows)])

        self.params = {"w1": draw(in_features, hidden), "b1": torch.zeros(hidden)}
        self.params |= {"w2": draw(hidden, num_classes), "b2": torch.zeros(num_classes)}

    def forward(self, x):
        self.hidden_cache = linear_forward(x, self.params["w1"], self.params["b1"])
        self.relu_cache = relu_forward(self.hidden_cache[0])
        self.out_cache = linear_forward(self.relu_cache[0], self.params["w2"], self.params["b2"])
        return self.out_cache[0]

    def loss_and_grads(self, x, labels, weight_decay=0.0):
        loss, d = softmax_cross_entropy(self.forward(x), labels)
        grads = {}
        d, grads["w2"], grads["b2"] = linear_backward(d, self.out_cache[1])
        d = relu_backward(d, self.relu_cache[1])
        _, grads["w1"], grads["b1"] = linear_backward(d, self.hidden_cache[1])
        for name in "w1", "w2":
            loss += weight_decay / 2 * self.params[name].pow(2).sum().item()
            grads[name] = grads[name] + weight_decay * self.params[name]
        return loss, grads


def train_spiral(x, labels, num_classes=3, hidden=100, learning_rate=1.0, steps=2000, seed=0):
    net = TwoLayerNet(x.shape[1], hidden, num_classes, seed)
    net.params = {name: p.to(x.dtype).to(x.device) for name, p in net.params.items()}
    velocity = {name: torch.zeros_like(p) for name, p in net.params.items()}
    for step in range(steps):
        _, grads = net.loss_and_grads(x, labels)
        for name in velocity:
            velocity[name] = 0.5 * velocity[name] + grads[name]
        sgd_step(net.params, velocity, learning_rate * 0.5 * (1 - step / (2 * steps)))
    return net
