"""Wrong: uses torch.relu."""

import torch
from torch import nn

CAUGHT_BY = ("test_two_layer_net_is_built_from_functions",)


class TwoLayerNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.first = _Layer(in_features, hidden)
        self.second = _Layer(hidden, out_features)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))
