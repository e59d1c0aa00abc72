"""Wrong: stops the gradient outside of [-1, 1]."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_round_ste_gradient",
    "test_round_ste_layouts",
    "test_round_ste_ties",
    "test_round_ste_within_a_quantiser",
)


class RoundSTE(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.round()

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return upstream * (x.abs() <= 1)
