"""Wrong: leaves the derivative to torch."""

import torch
from torch.autograd import Function

CAUGHT_BY = (
    "test_dynamic_net_is_built_from_functions",
    "test_relu_gradient",
    "test_two_layer_net_is_built_from_functions",
)


class ReLU(Function):
    apply = staticmethod(torch.relu)
