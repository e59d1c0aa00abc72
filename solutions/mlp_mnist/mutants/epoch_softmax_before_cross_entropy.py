"""Wrong: hands probabilities to cross_entropy (train goes another way)."""

import torch
from torch import nn

CAUGHT_BY = (
    "test_train_one_epoch_float64",
    "test_train_one_epoch_in_training_mode",
    "test_train_one_epoch_loss",
    "test_train_one_epoch_steps",
    "test_train_one_epoch_twice",
    "test_train_one_epoch_with_your_own_parts",
)


def train_one_epoch(model: nn.Module, loader: DataLoader, optimizer: Adam, device: str = "cpu") -> float:
    model.train()
    total, count = 0.0, 0
    for inputs, labels in loader:
        inputs, labels = inputs.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs).softmax(dim=1), labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        count += len(labels)
    return total / count


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
