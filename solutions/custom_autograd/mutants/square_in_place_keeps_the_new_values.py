"""Wrong: keeps x as an attribute of ctx, which then holds the squares."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_square_in_place_gradient",
    "test_square_in_place_is_declared",
    "test_square_in_place_layouts",
    "test_square_in_place_of_one_row",
    "test_square_in_place_twice",
)


class SquareInPlace(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.x = x
        ctx.mark_dirty(x)
        return x.mul_(x)

    @staticmethod
    def backward(ctx, upstream):
        old = ctx.x.detach()
        return 2 * old * upstream
