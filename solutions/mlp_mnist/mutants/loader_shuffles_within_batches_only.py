"""Wrong: shuffles inside each batch; the batches stay in place."""

CAUGHT_BY = ("test_make_loader_epochs_differ", "test_train_once_reaches_the_bar", "test_train_reaches_the_bar")


def make_loader(images: Tensor, labels: Tensor, batch_size: int, shuffle: bool, seed: int = 0) -> DataLoader:
    dataset = TensorDataset(to_inputs(images), labels)
    if shuffle:
        generator = torch.Generator().manual_seed(seed)
        order = [
            i
            for some in torch.arange(len(dataset)).split(batch_size)
            for i in some[torch.randperm(len(some), generator=generator)].tolist()
        ]
    else:
        order = SequentialSampler(dataset)
    # The dataset is asked for whole batches: one indexing of a tensor in the place of B, and nothing to stack.
    return DataLoader(dataset, sampler=BatchSampler(order, batch_size, drop_last=False), batch_size=None)
