"""Wrong: two linear layers without anything between them; what train returns is another network."""

import torch

CAUGHT_BY = (
    "test_checkpoint_of_what_train_returns",
    "test_mlp_float64",
    "test_mlp_gradients",
    "test_mlp_logits",
    "test_mlp_shapes_of_input",
    "test_train_one_epoch_with_your_own_parts",
)


class MLP(nn.Module):
    def __init__(self, in_features: int = 784, hidden: int = 128, num_classes: int = 10, dropout: float = 0.0):
        super().__init__()
        self.arguments = {
            "in_features": in_features,
            "hidden": hidden,
            "num_classes": num_classes,
            "dropout": dropout,
        }
        self.hidden = nn.Linear(in_features, hidden)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        active = self.hidden(x.flatten(start_dim=1))
        return self.output(self.dropout(active))


def train(
    images: Tensor, labels: Tensor, *, epochs: int = 3, batch_size: int = 128, seed: int = 0, device: str = "cpu"
) -> nn.Module:
    class WithReLU(MLP):
        def forward(self, x):
            return self.output(self.hidden(x.flatten(1)).clamp(min=0))

    torch.manual_seed(seed)
    model = WithReLU().to(device)
    loader = make_loader(images, labels, batch_size, shuffle=True, seed=seed)
    optimizer = Adam(model.parameters())
    for _ in range(epochs):
        train_one_epoch(model, loader, optimizer, device)
    return model
