"""Wrong: rounds halves up."""

from torch.autograd import Function

CAUGHT_BY = ("test_round_ste_ties",)


class RoundSTE(Function):
    @staticmethod
    def forward(ctx, x):
        return (x + 0.5).floor()

    @staticmethod
    def backward(ctx, upstream):
        return upstream
