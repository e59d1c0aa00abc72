"""Wrong: keeps its layers in a plain list, where parameters() does not find them."""

from torch import nn

CAUGHT_BY = (
    "test_fit_random_data_arguments",
    "test_fit_random_data_by_default",
    "test_fit_random_data_descends",
    "test_fit_random_data_keeps_the_dtype",
    "test_fit_random_data_seed",
    "test_fit_random_data_without_optimizer",
    "test_two_layer_net",
    "test_two_layer_net_initial_weights",
    "test_two_layer_net_is_built_from_functions",
    "test_two_layer_net_small_batches",
)


class TwoLayerNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.layers = [_Layer(in_features, hidden), _Layer(hidden, out_features)]

    def forward(self, x):
        return self.layers[1](ReLU.apply(self.layers[0](x)))
