"""Right: parameters registered one by one, weights stored (in, out), few biases; each step makes new parameters."""

import torch
from torch import nn


class TwoLayerNet(nn.Module):
    def __init__(self, in_features, hidden, out_features, generator=None):
        super().__init__()

        def draw(*shape):
            return nn.Parameter(torch.randn(*shape, generator=generator) * (2 / shape[0]) ** 0.5)

        self.register_parameter("w1", draw(in_features, hidden))
        self.register_parameter("b1", nn.Parameter(torch.zeros(hidden)))
        self.register_parameter("w2", draw(hidden, out_features))
        self.register_parameter("b2", None)

    def forward(self, x):
        hidden = ReLU.apply(Linear.apply(x, self.w1.t(), self.b1))
        return Linear.apply(hidden, self.w2.t(), self.b2)


class DynamicNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.w_in = nn.Parameter(torch.empty(in_features, hidden))
        self.w_mid = nn.Parameter(torch.empty(hidden, hidden))
        self.w_out = nn.Parameter(torch.empty(hidden, out_features))
        self.b_mid = nn.Parameter(torch.zeros(1, hidden))
        self.b_out = nn.Parameter(torch.zeros(out_features))
        for w in (self.w_in, self.w_mid, self.w_out):
            nn.init.xavier_uniform_(w)

    def forward(self, x, repeats):
        def step(h, times):
            return h if times == 0 else step(ReLU.apply(Linear.apply(h, self.w_mid.T, self.b_mid[0])), times - 1)

        return Linear.apply(step(ReLU.apply(Linear.apply(x, self.w_in.T, None)), repeats), self.w_out.T, self.b_out)


def fit_random_data(x, y, hidden=100, learning_rate=1e-4, steps=500, seed=0):
    generator = torch.Generator()
    generator.manual_seed(seed)
    net = TwoLayerNet(x.size(1), hidden, y.size(1), generator=generator).to(x)
    history = []
    for step in range(steps):
        distance = torch.linalg.vector_norm(net(x) - y) ** 2
        history.append(distance.item())
        for p in net.parameters():
            p.grad = None
        distance.backward()
        with torch.no_grad():
            for name, p in list(net.named_parameters()):
                setattr(net, name, nn.Parameter(p - learning_rate * p.grad))
    return net, history
