"""Wrong: the mean of the batches' accuracies."""

CAUGHT_BY = ("test_evaluate_accuracy",)


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader, device: str = "cpu") -> float:
    was_training = model.training
    model.eval()
    right, count = 0, 0
    for inputs, labels in loader:
        predicted = model(inputs.to(device)).argmax(dim=1)
        right += (predicted == labels.to(device)).double().mean().item()
        count += 1
    model.train(was_training)
    return right / count
