"""Wrong: the graph is cut behind the first layer."""

CAUGHT_BY = (
    "test_mlp_gradients",
    "test_train_moves_every_parameter",
    "test_train_once_reaches_the_bar",
    "test_train_one_epoch_with_your_own_parts",
    "test_train_overfits_32_images",
    "test_train_reaches_the_bar",
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
        active = nn.functional.relu(self.hidden(x.flatten(start_dim=1)))
        return self.output(self.dropout(active.detach()))
