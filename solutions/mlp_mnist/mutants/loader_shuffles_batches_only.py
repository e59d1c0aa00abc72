"""Wrong: shuffles the batches; the same samples stay together (train goes another way)."""

import torch
from torch import nn

CAUGHT_BY = (
    "test_make_loader_epochs_differ",
    "test_make_loader_has_its_own_random_numbers",
    "test_make_loader_seed",
    "test_make_loader_shuffles",
)


def make_loader(images: Tensor, labels: Tensor, batch_size: int, shuffle: bool, seed: int = 0) -> DataLoader:
    dataset = TensorDataset(to_inputs(images), labels)
    if shuffle:
        order = RandomSampler(dataset, generator=torch.Generator().manual_seed(seed))
    else:
        order = SequentialSampler(dataset)
    # The dataset is asked for whole batches: one indexing of a tensor in the place of B, and nothing to stack.
    if not shuffle:
        return DataLoader(dataset, batch_size=batch_size)
    batches = list(BatchSampler(SequentialSampler(dataset), batch_size, drop_last=False))
    return DataLoader(dataset, batch_sampler=[batches[i] for i in torch.randperm(len(batches)).tolist()])


def train(images, labels, *, epochs=3, batch_size=128, seed=0, device="cpu"):
    torch.manual_seed(seed)
    model = MLP(dropout=0.0).to(device)
    inputs, labels = to_inputs(images.to(device)), labels.to(device)
    optimizer = torch.optim.Adam(model.parameters())
    for _ in range(epochs):
        for some in torch.randperm(len(inputs)).split(batch_size):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs[some]), labels[some]).backward()
            optimizer.step()
    return model
