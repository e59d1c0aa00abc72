"""Wrong: images and labels get orders of their own."""

CAUGHT_BY = (
    "test_make_loader_batch_sizes",
    "test_make_loader_epochs_differ",
    "test_make_loader_shuffles",
    "test_train_once_reaches_the_bar",
    "test_train_overfits_32_images",
    "test_train_reaches_the_bar",
)


def make_loader(images: Tensor, labels: Tensor, batch_size: int, shuffle: bool, seed: int = 0) -> DataLoader:
    inputs = to_inputs(images)
    if shuffle:
        inputs = inputs[torch.randperm(len(inputs), generator=torch.Generator().manual_seed(seed + 1))]
    dataset = TensorDataset(inputs, labels)
    if shuffle:
        order = RandomSampler(dataset, generator=torch.Generator().manual_seed(seed))
    else:
        order = SequentialSampler(dataset)
    # The dataset is asked for whole batches: one indexing of a tensor in the place of B, and nothing to stack.
    return DataLoader(dataset, sampler=BatchSampler(order, batch_size, drop_last=False), batch_size=None)
