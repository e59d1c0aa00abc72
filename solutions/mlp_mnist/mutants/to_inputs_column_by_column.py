"""Wrong: goes through each image column by column."""

CAUGHT_BY = (
    "test_make_loader_in_order",
    "test_predict_any_number",
    "test_predict_in_evaluation_mode",
    "test_predict_labels",
    "test_predict_with_your_network",
    "test_to_inputs_layouts",
    "test_to_inputs_small_batches",
    "test_to_inputs_values",
    "test_train_one_epoch_with_your_own_parts",
)


def to_inputs(images: Tensor) -> Tensor:
    return (images.transpose(1, 2).flatten(start_dim=1) / 255 - 0.1307) / 0.3081
