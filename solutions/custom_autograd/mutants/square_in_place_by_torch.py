"""Wrong: leaves the derivative to torch's own in-place product."""

from torch.autograd import Function

CAUGHT_BY = ("test_square_in_place_returns_x",)


class SquareInPlace(Function):
    apply = staticmethod(lambda x: x.pow_(2))
