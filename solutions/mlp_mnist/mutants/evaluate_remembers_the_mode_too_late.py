"""Wrong: asks for the mode after it has changed it."""

CAUGHT_BY = ("test_evaluate_restores_the_mode",)
CAUSES = ("the mode is not restored",)


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader, device: str = "cpu") -> float:
    model.eval()
    was_training = model.training
    right, count = 0, 0
    for inputs, labels in loader:
        predicted = model(inputs.to(device)).argmax(dim=1)
        right += (predicted == labels.to(device)).sum().item()
        count += len(labels)
    model.train(was_training)
    return right / count
