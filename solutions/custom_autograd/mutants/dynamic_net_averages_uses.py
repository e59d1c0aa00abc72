"""Wrong: divides the shared layer's part of the gradient by the number of uses."""

from torch import nn

CAUGHT_BY = ("test_dynamic_net_shares_its_middle_layer",)
CAUSES = ("factor 0.25",)


class DynamicNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.input = _Layer(in_features, hidden)
        self.middle = _Layer(hidden, hidden)
        self.output = _Layer(hidden, out_features)

    def forward(self, x, repeats):
        h = ReLU.apply(self.input(x))
        weight, bias = self.middle.weight, self.middle.bias
        if repeats:
            weight = weight / repeats + (weight - weight / repeats).detach()
        for _ in range(repeats):
            h = ReLU.apply(Linear.apply(h, weight, bias))
        return self.output(h)
