"""Wrong: forgets the gradients between backward and step."""

CAUGHT_BY = (
    "test_train_moves_every_parameter",
    "test_train_once_reaches_the_bar",
    "test_train_one_epoch_float64",
    "test_train_one_epoch_in_training_mode",
    "test_train_one_epoch_steps",
    "test_train_one_epoch_twice",
    "test_train_one_epoch_with_your_own_parts",
    "test_train_overfits_32_images",
    "test_train_reaches_the_bar",
    "test_train_uses_its_arguments",
)


def train_one_epoch(model: nn.Module, loader: DataLoader, optimizer: Adam, device: str = "cpu") -> float:
    model.train()
    total, count = 0.0, 0
    for inputs, labels in loader:
        inputs, labels = inputs.to(device), labels.to(device)
        loss = nn.functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        total += loss.item() * len(labels)
        count += len(labels)
    return total / count
