"""Wrong: leaves the mode as it is."""

CAUGHT_BY = ("test_predict_in_evaluation_mode", "test_predict_with_your_network")


@torch.no_grad()
def predict(model: nn.Module, images: Tensor, device: str = "cpu") -> Tensor:
    predicted = [torch.empty(0, dtype=torch.int64)]
    for some in images.split(1024):
        predicted.append(model(to_inputs(some.to(device))).argmax(dim=1).cpu())
    return torch.cat(predicted)
