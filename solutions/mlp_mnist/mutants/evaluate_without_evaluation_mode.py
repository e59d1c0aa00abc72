"""Wrong: leaves the mode as it is."""

CAUGHT_BY = ("test_evaluate_in_evaluation_mode",)


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader, device: str = "cpu") -> float:
    was_training = model.training
    right, count = 0, 0
    for inputs, labels in loader:
        predicted = model(inputs.to(device)).argmax(dim=1)
        right += (predicted == labels.to(device)).sum().item()
        count += len(labels)
    model.train(was_training)
    return right / count
