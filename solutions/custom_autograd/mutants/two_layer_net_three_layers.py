"""Wrong: has a middle layer as well."""

from torch import nn

CAUGHT_BY = (
    "test_fit_random_data_arguments",
    "test_fit_random_data_by_default",
    "test_fit_random_data_descends",
    "test_two_layer_net",
    "test_two_layer_net_initial_weights",
)


class TwoLayerNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.first = _Layer(in_features, hidden)
        self.middle = _Layer(hidden, hidden)
        self.second = _Layer(hidden, out_features)

    def forward(self, x):
        return self.second(ReLU.apply(self.middle(self.first(x))))
