"""Wrong: starts with all weights equal."""

from torch import nn

CAUGHT_BY = ("test_fit_random_data_by_default", "test_fit_random_data_seed", "test_two_layer_net_initial_weights")


class TwoLayerNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.first = _Layer(in_features, hidden)
        self.second = _Layer(hidden, out_features)
        for parameter in self.parameters():
            nn.init.constant_(parameter, 0.01)

    def forward(self, x):
        return self.second(ReLU.apply(self.first(x)))
