"""Wrong: goes through the images once less than it is asked to."""

CAUGHT_BY = ("test_train_uses_its_arguments",)


def train(
    images: Tensor, labels: Tensor, *, epochs: int = 3, batch_size: int = 128, seed: int = 0, device: str = "cpu"
) -> nn.Module:
    torch.manual_seed(seed)
    model = MLP().to(device)
    loader = make_loader(images, labels, batch_size, shuffle=True, seed=seed)
    optimizer = Adam(model.parameters())
    for _ in range(epochs - 1):
        train_one_epoch(model, loader, optimizer, device)
    return model
