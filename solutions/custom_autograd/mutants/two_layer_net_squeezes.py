"""Wrong: squeezes its output, and loses a batch of one."""

from torch import nn

CAUGHT_BY = ("test_two_layer_net_small_batches",)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


class TwoLayerNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.first = _Layer(in_features, hidden)
        self.second = _Layer(hidden, out_features)

    def forward(self, x):
        return self.second(ReLU.apply(self.first(x))).squeeze()
