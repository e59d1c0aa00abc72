"""Wrong: declares nothing and changes nothing: squares what it was given out of place, by torch."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_square_in_place_is_declared",
    "test_square_in_place_is_noticed",
    "test_square_in_place_of_one_row",
    "test_square_in_place_refuses_leaves",
    "test_square_in_place_returns_x",
    "test_square_in_place_twice",
)


class SquareInPlace(Function):
    apply = staticmethod(lambda x: x**2)
