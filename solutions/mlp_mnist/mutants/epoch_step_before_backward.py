"""Wrong: steps with the gradients of the batch before."""

CAUGHT_BY = (
    "test_checkpoint_of_what_train_returns",
    "test_train_fits_the_other_parts",
    "test_train_moves_every_parameter",
    "test_train_once_reaches_the_bar",
    "test_train_one_epoch_float64",
    "test_train_one_epoch_in_training_mode",
    "test_train_one_epoch_steps",
    "test_train_one_epoch_twice",
    "test_train_one_epoch_with_your_own_parts",
    "test_train_overfits_32_images",
    "test_train_reaches_the_bar",
    "test_train_same_seed_same_weights",
    "test_train_uses_its_arguments",
)


def train_one_epoch(model: nn.Module, loader: DataLoader, optimizer: Adam, device: str = "cpu") -> float:
    model.train()
    total, count = 0.0, 0
    for inputs, labels in loader:
        inputs, labels = inputs.to(device), labels.to(device)
        loss = nn.functional.cross_entropy(model(inputs), labels)
        optimizer.step()
        optimizer.zero_grad()
        loss.backward()
        total += loss.item() * len(labels)
        count += len(labels)
    return total / count
