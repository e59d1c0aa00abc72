"""Wrong: one image loses its batch dimension."""

CAUGHT_BY = ("test_predict_any_number", "test_to_inputs_small_batches")
CAUSES = ("a dimension of size 1 is lost or misplaced",)


def to_inputs(images: Tensor) -> Tensor:
    return ((images.flatten(start_dim=1) / 255 - 0.1307) / 0.3081).squeeze(0)
