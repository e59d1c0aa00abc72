"""Wrong: does not go back to the mode that it found."""

CAUGHT_BY = ("test_evaluate_restores_the_mode",)
CAUSES = ("the mode is not restored",)


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader, device: str = "cpu") -> float:
    was_training = model.training
    model.eval()
    right, count = 0, 0
    for inputs, labels in loader:
        predicted = model(inputs.to(device)).argmax(dim=1)
        right += (predicted == labels.to(device)).sum().item()
        count += len(labels)
    return right / count
