"""Wrong: looks at one batch."""

CAUGHT_BY = ("test_evaluate_accuracy", "test_train_fits_the_other_parts")


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader, device: str = "cpu") -> float:
    was_training = model.training
    model.eval()
    right, count = 0, 0
    for inputs, labels in loader:
        predicted = model(inputs.to(device)).argmax(dim=1)
        right += (predicted == labels.to(device)).sum().item()
        count += len(labels)
        break
    model.train(was_training)
    return right / count
