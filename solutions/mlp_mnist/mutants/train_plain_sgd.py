"""Wrong: plain gradient descent with a learning rate of 0.001."""

CAUGHT_BY = ("test_train_once_reaches_the_bar", "test_train_overfits_32_images", "test_train_reaches_the_bar")


def train(
    images: Tensor, labels: Tensor, *, epochs: int = 3, batch_size: int = 128, seed: int = 0, device: str = "cpu"
) -> nn.Module:
    torch.manual_seed(seed)
    model = MLP().to(device)
    loader = make_loader(images, labels, batch_size, shuffle=True, seed=seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    for _ in range(epochs):
        train_one_epoch(model, loader, optimizer, device)
    return model
