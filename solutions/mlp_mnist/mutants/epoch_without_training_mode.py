"""Wrong: leaves the mode as it is."""

CAUGHT_BY = ("test_train_one_epoch_in_training_mode",)


def train_one_epoch(model: nn.Module, loader: DataLoader, optimizer: Adam, device: str = "cpu") -> float:
    total, count = 0.0, 0
    for inputs, labels in loader:
        inputs, labels = inputs.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        count += len(labels)
    return total / count
