"""Wrong: fails for a tensor that requires grad."""

CAUGHT_BY = (
    "test_to_numpy_copy_can_be_written",
    "test_to_numpy_copy_of_a_tensor_that_requires_grad",
)


def to_numpy_copy(x):
    return x.cpu().numpy().copy()
