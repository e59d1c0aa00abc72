"""Wrong: layers without biases."""

CAUGHT_BY = (
    "test_checkpoint_keeps_dropout",
    "test_checkpoint_refuses_pickle",
    "test_checkpoint_round_trip",
    "test_mlp_dropout_in_training_only",
    "test_mlp_dropout_rate",
    "test_mlp_float64",
    "test_mlp_gradients",
    "test_mlp_initial_weights",
    "test_mlp_layouts_and_small_batches",
    "test_mlp_logits",
    "test_mlp_shapes_of_input",
    "test_mlp_without_dropout",
    "test_predict_with_your_network",
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
        self.hidden = nn.Linear(in_features, hidden, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, num_classes, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        active = nn.functional.relu(self.hidden(x.flatten(start_dim=1)))
        return self.output(self.dropout(active))
