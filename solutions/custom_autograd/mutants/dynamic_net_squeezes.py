"""Wrong: squeezes its output, and loses a batch of one."""

from torch import nn

CAUGHT_BY = ("test_dynamic_net_small_batches",)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


class DynamicNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.input = _Layer(in_features, hidden)
        self.middle = _Layer(hidden, hidden)
        self.output = _Layer(hidden, out_features)

    def forward(self, x, repeats):
        h = ReLU.apply(self.input(x))
        for _ in range(repeats):
            h = ReLU.apply(self.middle(h))
        return self.output(h).squeeze()
