"""Wrong: labels as floats."""

CAUGHT_BY = (
    "test_checkpoint_of_what_train_returns",
    "test_make_loader_again_in_order",
    "test_make_loader_batch_sizes",
    "test_make_loader_epochs_differ",
    "test_make_loader_has_its_own_random_numbers",
    "test_make_loader_in_order",
    "test_make_loader_shuffles",
    "test_train_fits_the_other_parts",
    "test_train_moves_every_parameter",
    "test_train_once_reaches_the_bar",
    "test_train_one_epoch_with_your_own_parts",
    "test_train_overfits_32_images",
    "test_train_reaches_the_bar",
    "test_train_same_seed_same_weights",
    "test_train_uses_its_arguments",
)
CAUSES = ("wrong dtype",)


def make_loader(images: Tensor, labels: Tensor, batch_size: int, shuffle: bool, seed: int = 0) -> DataLoader:
    dataset = TensorDataset(to_inputs(images), labels.float())
    if shuffle:
        order = RandomSampler(dataset, generator=torch.Generator().manual_seed(seed))
    else:
        order = SequentialSampler(dataset)
    # The dataset is asked for whole batches: one indexing of a tensor in the place of B, and nothing to stack.
    return DataLoader(dataset, sampler=BatchSampler(order, batch_size, drop_last=False), batch_size=None)
