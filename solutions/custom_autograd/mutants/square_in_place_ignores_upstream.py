"""Wrong: returns the slope, without the upstream."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_square_in_place_gradient",
    "test_square_in_place_is_declared",
    "test_square_in_place_layouts",
    "test_square_in_place_of_one_row",
    "test_square_in_place_twice",
)
CAUSES = ("upstream ignored",)


class SquareInPlace(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x.clone())
        ctx.mark_dirty(x)
        return x.mul_(x)

    @staticmethod
    def backward(ctx, upstream):
        (old,) = ctx.saved_tensors
        return 2 * old
