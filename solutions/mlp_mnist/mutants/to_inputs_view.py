"""Wrong: view fails on images that are not contiguous."""

CAUGHT_BY = ("test_make_loader_again_in_order", "test_to_inputs_layouts")


def to_inputs(images: Tensor) -> Tensor:
    return (images.view(len(images), 784) / 255 - 0.1307) / 0.3081
