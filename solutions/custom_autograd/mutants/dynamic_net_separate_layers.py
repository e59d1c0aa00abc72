"""Wrong: has another middle layer for each repeat."""

from torch import nn

CAUGHT_BY = ("test_dynamic_net_once", "test_dynamic_net_shares_its_middle_layer")


class DynamicNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.input = _Layer(in_features, hidden)
        self.middle = nn.ModuleList(_Layer(hidden, hidden) for _ in range(4))
        self.output = _Layer(hidden, out_features)

    def forward(self, x, repeats):
        h = ReLU.apply(self.input(x))
        for _ in range(repeats):
            h = ReLU.apply(self.middle[_](h))
        return self.output(h)
