"""Wrong: x itself no longer requires grad."""

CAUGHT_BY = ("test_to_numpy_copy_of_a_tensor_that_requires_grad",)


def to_numpy_copy(x):
    if x.is_leaf:
        x.requires_grad_(False)
    return x.detach().cpu().numpy().copy()
