"""Wrong: uses copies of its parameters, taken when it was made."""

from torch import nn

CAUGHT_BY = ("test_fit_random_data_by_default", "test_fit_random_data_descends", "test_two_layer_net")


class TwoLayerNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.first = _Layer(in_features, hidden)
        self.second = _Layer(hidden, out_features)
        self.copy = self.second.weight.clone()

    def forward(self, x):
        return Linear.apply(ReLU.apply(self.first(x)), self.copy.to(x), self.second.bias)
