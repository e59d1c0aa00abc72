"""Wrong: keeps the old values on the class, where the next call overwrites them."""

from torch.autograd import Function

CAUGHT_BY = ("test_square_in_place_twice",)


class SquareInPlace(Function):
    @staticmethod
    def forward(ctx, x):
        SquareInPlace.old = x.clone()
        ctx.mark_dirty(x)
        return x.mul_(x)

    @staticmethod
    def backward(ctx, upstream):
        old = SquareInPlace.old
        return 2 * old * upstream
