"""Wrong: reshape(N, -1) can't do without images."""

CAUGHT_BY = ("test_predict_any_number", "test_to_inputs_small_batches")


def to_inputs(images: Tensor) -> Tensor:
    return (images.reshape(len(images), -1) / 255 - 0.1307) / 0.3081
