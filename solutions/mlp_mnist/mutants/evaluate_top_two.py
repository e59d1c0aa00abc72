"""Wrong: right is who has the label among the best two."""

CAUGHT_BY = ("test_evaluate_accuracy", "test_evaluate_all_or_none", "test_train_fits_the_other_parts")


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader, device: str = "cpu") -> float:
    was_training = model.training
    model.eval()
    right, count = 0, 0
    for inputs, labels in loader:
        predicted = model(inputs.to(device)).topk(2, dim=1).indices
        right += (predicted == labels.to(device)[:, None]).any(dim=1).sum().item()
        count += len(labels)
    model.train(was_training)
    return right / count
