"""Wrong: detaches between repeats: only the last use counts."""

from torch import nn

CAUGHT_BY = (
    "test_dynamic_net_is_built_from_functions",
    "test_dynamic_net_once",
    "test_dynamic_net_shares_its_middle_layer",
)
CAUSES = ("zero",)


class DynamicNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.input = _Layer(in_features, hidden)
        self.middle = _Layer(hidden, hidden)
        self.output = _Layer(hidden, out_features)

    def forward(self, x, repeats):
        h = ReLU.apply(self.input(x))
        for _ in range(repeats):
            h = ReLU.apply(self.middle(h.detach()))
        return self.output(h)
