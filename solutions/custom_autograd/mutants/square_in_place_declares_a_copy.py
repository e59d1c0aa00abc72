"""Wrong: declares x changed, but returns a copy of it."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_square_in_place_gradient",
    "test_square_in_place_is_declared",
    "test_square_in_place_is_noticed",
    "test_square_in_place_layouts",
    "test_square_in_place_of_one_row",
    "test_square_in_place_refuses_leaves",
    "test_square_in_place_returns_x",
    "test_square_in_place_twice",
)


class SquareInPlace(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x.clone())
        ctx.mark_dirty(x)
        x.mul_(x)
        return x.clone()

    @staticmethod
    def backward(ctx, upstream):
        (old,) = ctx.saved_tensors
        return 2 * old * upstream
