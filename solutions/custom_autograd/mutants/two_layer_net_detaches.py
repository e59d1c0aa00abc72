"""Wrong: stops the gradient at the hidden units."""

from torch import nn

CAUGHT_BY = (
    "test_fit_random_data_arguments",
    "test_fit_random_data_by_default",
    "test_fit_random_data_descends",
    "test_fit_random_data_keeps_the_dtype",
    "test_fit_random_data_seed",
    "test_fit_random_data_without_optimizer",
    "test_two_layer_net",
    "test_two_layer_net_is_built_from_functions",
)
CAUSES = ("zero",)


class TwoLayerNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.first = _Layer(in_features, hidden)
        self.second = _Layer(hidden, out_features)

    def forward(self, x):
        return self.second(ReLU.apply(self.first(x)).detach())
