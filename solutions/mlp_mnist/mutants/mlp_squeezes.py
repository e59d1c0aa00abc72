"""Wrong: a batch of one loses its dimension."""

CAUGHT_BY = ("test_mlp_layouts_and_small_batches", "test_train_uses_its_arguments")
CAUSES = ("a dimension of size 1 is lost or misplaced",)


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
        return self.output(self.dropout(active)).squeeze()
