"""Wrong: standardizes by the mean and deviation of the given images."""

CAUGHT_BY = (
    "test_make_loader_in_order",
    "test_predict_labels",
    "test_predict_with_your_network",
    "test_to_inputs_layouts",
    "test_to_inputs_small_batches",
    "test_to_inputs_values",
    "test_train_one_epoch_with_your_own_parts",
)


def to_inputs(images: Tensor) -> Tensor:
    x = images.flatten(start_dim=1).float()
    return (x - x.mean()) / (x.std() + 1e-8)
