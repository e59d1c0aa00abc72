"""Wrong: leaves the derivative to torch."""

import torch
from torch import nn
from torch.autograd import Function

CAUGHT_BY = ("test_softmax_cross_entropy_loss",)


class SoftmaxCrossEntropy(Function):
    apply = staticmethod(torch.nn.functional.cross_entropy)
