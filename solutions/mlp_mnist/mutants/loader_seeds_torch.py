"""Wrong: seeds torch's own generator when it is made; whoever draws in between changes the order."""

CAUGHT_BY = ("test_make_loader_has_its_own_random_numbers",)


def make_loader(images: Tensor, labels: Tensor, batch_size: int, shuffle: bool, seed: int = 0) -> DataLoader:
    dataset = TensorDataset(to_inputs(images), labels)
    if shuffle:
        order = RandomSampler(dataset, generator=torch.manual_seed(seed))
    else:
        order = SequentialSampler(dataset)
    # The dataset is asked for whole batches: one indexing of a tensor in the place of B, and nothing to stack.
    return DataLoader(dataset, sampler=BatchSampler(order, batch_size, drop_last=False), batch_size=None)
