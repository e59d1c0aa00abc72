"""Wrong: torch.cat without anything in it."""

CAUGHT_BY = ("test_predict_any_number",)


@torch.no_grad()
def predict(model: nn.Module, images: Tensor, device: str = "cpu") -> Tensor:
    model.eval()
    predicted = []
    for some in [images[i : i + 1024] for i in range(0, len(images), 1024)]:
        predicted.append(model(to_inputs(some.to(device))).argmax(dim=1).cpu())
    return torch.cat(predicted)
