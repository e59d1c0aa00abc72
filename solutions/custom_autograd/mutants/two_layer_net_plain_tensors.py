"""Wrong: has tensors that require gradients, but no parameters."""

import torch
from torch import nn

CAUGHT_BY = (
    "test_fit_random_data_arguments",
    "test_fit_random_data_by_default",
    "test_fit_random_data_descends",
    "test_fit_random_data_keeps_the_dtype",
    "test_fit_random_data_without_optimizer",
    "test_two_layer_net",
    "test_two_layer_net_initial_weights",
)


class TwoLayerNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.w1 = torch.randn(hidden, in_features, requires_grad=True)
        self.w2 = torch.randn(out_features, hidden, requires_grad=True)

    def forward(self, x):
        return Linear.apply(ReLU.apply(Linear.apply(x, self.w1.to(x))), self.w2.to(x))
