"""Wrong: standardizes by the statistics of the images at hand."""

CAUGHT_BY = ("test_predict_labels", "test_predict_with_your_network")


@torch.no_grad()
def predict(model: nn.Module, images: Tensor, device: str = "cpu") -> Tensor:
    model.eval()
    predicted = [torch.empty(0, dtype=torch.int64)]
    for some in images.split(1024):
        predicted.append(
            model((to_inputs(some.to(device)) - to_inputs(some).mean()) / (to_inputs(some).std() + 1e-6))
            .argmax(dim=1)
            .cpu()
        )
    return torch.cat(predicted)
