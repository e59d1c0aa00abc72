"""Wrong: takes shuffle the other way round."""

CAUGHT_BY = (
    "test_make_loader_again_in_order",
    "test_make_loader_epochs_differ",
    "test_make_loader_in_order",
    "test_make_loader_seed",
    "test_make_loader_shuffles",
    "test_train_once_reaches_the_bar",
    "test_train_one_epoch_with_your_own_parts",
    "test_train_reaches_the_bar",
)


def make_loader(images: Tensor, labels: Tensor, batch_size: int, shuffle: bool, seed: int = 0) -> DataLoader:
    dataset = TensorDataset(to_inputs(images), labels)
    if not shuffle:
        order = RandomSampler(dataset, generator=torch.Generator().manual_seed(seed))
    else:
        order = SequentialSampler(dataset)
    # The dataset is asked for whole batches: one indexing of a tensor in the place of B, and nothing to stack.
    return DataLoader(dataset, sampler=BatchSampler(order, batch_size, drop_last=False), batch_size=None)
