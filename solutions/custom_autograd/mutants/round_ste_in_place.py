"""Wrong: rounds its input itself."""

from torch.autograd import Function

CAUGHT_BY = ("test_round_ste_gradient", "test_round_ste_layouts", "test_round_ste_ties")
CAUSES = ("argument changed in place",)


class RoundSTE(Function):
    @staticmethod
    def forward(ctx, x):
        return x.data.round_() + 0

    @staticmethod
    def backward(ctx, upstream):
        return upstream
