"""Wrong: shuffles, whatever is asked for."""

CAUGHT_BY = ("test_make_loader_again_in_order", "test_make_loader_in_order", "test_train_one_epoch_with_your_own_parts")


def make_loader(images: Tensor, labels: Tensor, batch_size: int, shuffle: bool, seed: int = 0) -> DataLoader:
    dataset = TensorDataset(to_inputs(images), labels)
    if True:
        order = RandomSampler(dataset, generator=torch.Generator().manual_seed(seed))
    else:
        order = SequentialSampler(dataset)
    # The dataset is asked for whole batches: one indexing of a tensor in the place of B, and nothing to stack.
    return DataLoader(dataset, sampler=BatchSampler(order, batch_size, drop_last=False), batch_size=None)
