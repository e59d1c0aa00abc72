"""Wrong: initial weights depend on what was drawn before."""

CAUGHT_BY = ("test_train_same_seed_same_weights",)


def train(
    images: Tensor, labels: Tensor, *, epochs: int = 3, batch_size: int = 128, seed: int = 0, device: str = "cpu"
) -> nn.Module:
    model = MLP().to(device)
    loader = make_loader(images, labels, batch_size, shuffle=True, seed=seed)
    optimizer = Adam(model.parameters())
    for _ in range(epochs):
        train_one_epoch(model, loader, optimizer, device)
    return model
