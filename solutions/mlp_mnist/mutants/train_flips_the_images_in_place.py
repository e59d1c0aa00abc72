"""Wrong: normalises the images in place, which belong to the caller."""

CAUGHT_BY = (
    "test_checkpoint_of_what_train_returns",
    "test_train_fits_the_other_parts",
    "test_train_moves_every_parameter",
    "test_train_once_reaches_the_bar",
    "test_train_overfits_32_images",
    "test_train_reaches_the_bar",
    "test_train_same_seed_same_weights",
    "test_train_uses_its_arguments",
)
CAUSES = ("argument changed in place",)


def train(
    images: Tensor, labels: Tensor, *, epochs: int = 3, batch_size: int = 128, seed: int = 0, device: str = "cpu"
) -> nn.Module:
    torch.manual_seed(seed)
    images //= 2
    model = MLP().to(device)
    loader = make_loader(images, labels, batch_size, shuffle=True, seed=seed)
    optimizer = Adam(model.parameters())
    for _ in range(epochs):
        train_one_epoch(model, loader, optimizer, device)
    return model
