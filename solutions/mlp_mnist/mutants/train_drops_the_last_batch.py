"""Wrong: leaves out the last short batch, and everything where the batch exceeds N."""

CAUGHT_BY = ("test_train_moves_every_parameter",)


def train(
    images: Tensor, labels: Tensor, *, epochs: int = 3, batch_size: int = 128, seed: int = 0, device: str = "cpu"
) -> nn.Module:
    torch.manual_seed(seed)
    model = MLP().to(device)
    loader = make_loader(images, labels, batch_size, shuffle=True, seed=seed)
    optimizer = Adam(model.parameters())
    full = len(images) // batch_size
    for _ in range(epochs):
        for number, batch in enumerate(loader):
            if number < full:
                train_one_epoch(model, [batch], optimizer, device)
    return model
