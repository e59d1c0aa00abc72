"""Wrong: the array is on the tensor's memory."""

CAUGHT_BY = (
    "test_to_numpy_copy_can_be_written",
    "test_to_numpy_copy_does_not_see_writes_to_the_tensor",
)
CAUSES = ("argument changed in place",)


def to_numpy_copy(x):
    return x.detach().cpu().numpy()
