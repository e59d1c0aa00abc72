"""Wrong: writes zeros into the upstream, which belongs to others."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_clamp_calls_are_separate",
    "test_clamp_gradient",
    "test_clamp_gradient_at_the_bounds",
    "test_clamp_input_changed_afterwards",
    "test_clamp_layouts",
)
CAUSES = ("argument changed in place",)


class Clamp(Function):
    @staticmethod
    def forward(ctx, x, low, high):
        ctx.save_for_backward(x)
        ctx.bounds = low, high
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        low, high = ctx.bounds
        upstream[(x < low) | (x > high)] = 0
        return upstream, None, None
