"""Wrong: computes in float32."""

from torch import nn

CAUGHT_BY = (
    "test_fit_random_data_descends",
    "test_fit_random_data_keeps_the_dtype",
    "test_two_layer_net",
    "test_two_layer_net_is_built_from_functions",
    "test_two_layer_net_small_batches",
)
CAUSES = ("wrong dtype",)


class TwoLayerNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.first = _Layer(in_features, hidden)
        self.second = _Layer(hidden, out_features)

    def forward(self, x):
        weights = [p.float() for p in (self.first.weight, self.first.bias, self.second.weight, self.second.bias)]
        return Linear.apply(ReLU.apply(Linear.apply(x.float(), *weights[:2])), *weights[2:])
