"""Wrong: returns float32 for a float64 input."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_clamp_calls_are_separate",
    "test_clamp_gradient",
    "test_clamp_gradient_at_the_bounds",
    "test_clamp_input_changed_afterwards",
    "test_clamp_layouts",
)
CAUSES = ("small error", "wrong dtype")


class Clamp(Function):
    @staticmethod
    def forward(ctx, x, low, high):
        ctx.save_for_backward(x)
        ctx.bounds = low, high
        return x.float().clamp(low, high)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        low, high = ctx.bounds
        return upstream.masked_fill((x < low) | (x > high), 0.0), None, None
