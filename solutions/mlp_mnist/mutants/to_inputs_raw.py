"""Wrong: the pixels as they are, 0 to 255, as floats; what train returns makes up for it."""

import torch

CAUGHT_BY = (
    "test_checkpoint_of_what_train_returns",
    "test_make_loader_in_order",
    "test_predict_labels",
    "test_predict_with_your_network",
    "test_to_inputs_layouts",
    "test_to_inputs_small_batches",
    "test_to_inputs_values",
    "test_train_one_epoch_with_your_own_parts",
)


def to_inputs(images: Tensor) -> Tensor:
    return images.flatten(start_dim=1).float()


def train(
    images: Tensor, labels: Tensor, *, epochs: int = 3, batch_size: int = 128, seed: int = 0, device: str = "cpu"
) -> nn.Module:
    class Rescaling(MLP):
        def forward(self, x):
            return super().forward((x / 255 - 0.1307) / 0.3081)

    torch.manual_seed(seed)
    model = Rescaling().to(device)
    loader = make_loader(images, labels, batch_size, shuffle=True, seed=seed)
    optimizer = Adam(model.parameters())
    for _ in range(epochs):
        train_one_epoch(model, loader, optimizer, device)
    return model
