"""Wrong: batch_size=1 squeezes the batch away."""

CAUGHT_BY = ("test_make_loader_batch_sizes", "test_make_loader_has_its_own_random_numbers")


def make_loader(images: Tensor, labels: Tensor, batch_size: int, shuffle: bool, seed: int = 0) -> DataLoader:
    dataset = TensorDataset(to_inputs(images), labels)
    if shuffle:
        order = RandomSampler(dataset, generator=torch.Generator().manual_seed(seed))
    else:
        order = SequentialSampler(dataset)
    # The dataset is asked for whole batches: one indexing of a tensor in the place of B, and nothing to stack.
    batches = BatchSampler(order, batch_size, drop_last=False)
    return DataLoader(dataset, sampler=batches, batch_size=None, collate_fn=lambda batch: [x.squeeze(0) for x in batch])
