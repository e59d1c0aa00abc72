"""Wrong: all weights start at 0.01, so all hidden units stay equal."""

CAUGHT_BY = (
    "test_checkpoint_files_are_separate",
    "test_mlp_initial_weights",
    "test_train_once_reaches_the_bar",
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
        for param in self.parameters():
            nn.init.constant_(param, 0.01)

    def forward(self, x: Tensor) -> Tensor:
        active = nn.functional.relu(self.hidden(x.flatten(start_dim=1)))
        return self.output(self.dropout(active))
