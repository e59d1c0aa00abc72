"""Wrong: switches gradients off for good."""

CAUGHT_BY = ("test_evaluate_builds_no_graph",)


def evaluate(model: nn.Module, loader: DataLoader, device: str = "cpu") -> float:
    torch.set_grad_enabled(False)
    was_training = model.training
    model.eval()
    right, count = 0, 0
    for inputs, labels in loader:
        predicted = model(inputs.to(device)).argmax(dim=1)
        right += (predicted == labels.to(device)).sum().item()
        count += len(labels)
    model.train(was_training)
    return right / count
