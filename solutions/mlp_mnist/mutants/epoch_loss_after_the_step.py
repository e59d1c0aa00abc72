"""Wrong: computes each batch's loss again after its step."""

CAUGHT_BY = ("test_train_one_epoch_twice", "test_train_one_epoch_with_your_own_parts")


def train_one_epoch(model: nn.Module, loader: DataLoader, optimizer: Adam, device: str = "cpu") -> float:
    model.train()
    total, count = 0.0, 0
    for inputs, labels in loader:
        inputs, labels = inputs.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        loss = nn.functional.cross_entropy(model(inputs), labels)
        total += loss.item() * len(labels)
        count += len(labels)
    return total / count
