"""Wrong: returns float32 for a float64 input."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_round_ste_gradient",
    "test_round_ste_layouts",
    "test_round_ste_ties",
    "test_round_ste_within_a_quantiser",
)
CAUSES = ("small error", "wrong dtype")


class RoundSTE(Function):
    @staticmethod
    def forward(ctx, x):
        return x.float().round()

    @staticmethod
    def backward(ctx, upstream):
        return upstream
