"""Wrong: classes in 32 bits."""

CAUGHT_BY = (
    "test_predict_any_number",
    "test_predict_in_evaluation_mode",
    "test_predict_labels",
    "test_predict_with_your_network",
    "test_train_fits_the_other_parts",
    "test_train_once_reaches_the_bar",
    "test_train_overfits_32_images",
    "test_train_reaches_the_bar",
)
CAUSES = ("wrong dtype",)


@torch.no_grad()
def predict(model: nn.Module, images: Tensor, device: str = "cpu") -> Tensor:
    model.eval()
    predicted = [torch.empty(0, dtype=torch.int64)]
    for some in images.split(1024):
        predicted.append(model(to_inputs(some.to(device))).argmax(dim=1).cpu())
    return torch.cat(predicted).int()
