"""Wrong: flattens by view, which fails on an upstream that is not contiguous."""

from torch.autograd import Function

CAUGHT_BY = ("test_square_in_place_layouts",)


class SquareInPlace(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x.clone())
        ctx.mark_dirty(x)
        return x.mul_(x)

    @staticmethod
    def backward(ctx, upstream):
        (old,) = ctx.saved_tensors
        return (2 * old.reshape(-1) * upstream.view(-1)).view(old.shape)
