"""Wrong: F.dropout without training=self.training drops in evaluation mode too."""

CAUGHT_BY = ("test_checkpoint_keeps_dropout", "test_mlp_dropout_in_training_only", "test_predict_with_your_network")


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
        return self.output(nn.functional.dropout(active, self.arguments["dropout"]))
