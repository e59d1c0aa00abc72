"""Wrong: leaves the derivative to torch, by way of detach."""

import torch
from torch.autograd import Function

CAUGHT_BY = ("test_round_ste_gradient",)


class RoundSTE(Function):
    apply = staticmethod(lambda x: torch.where(x == x, x.detach().round(), x) + (x - x.detach()))
