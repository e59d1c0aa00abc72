"""Wrong: the first layer keeps its random weights."""

CAUGHT_BY = (
    "test_train_moves_every_parameter",
    "test_train_once_reaches_the_bar",
    "test_train_overfits_32_images",
    "test_train_reaches_the_bar",
)


def train(
    images: Tensor, labels: Tensor, *, epochs: int = 3, batch_size: int = 128, seed: int = 0, device: str = "cpu"
) -> nn.Module:
    torch.manual_seed(seed)
    model = MLP().to(device)
    model.hidden.requires_grad_(False)
    loader = make_loader(images, labels, batch_size, shuffle=True, seed=seed)
    optimizer = Adam(model.parameters())
    for _ in range(epochs):
        train_one_epoch(model, loader, optimizer, device)
    return model
