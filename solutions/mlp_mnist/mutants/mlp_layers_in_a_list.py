"""Wrong: the layers are in a plain list, where the module does not find their parameters."""

from torch import nn

CAUGHT_BY = (
    "test_checkpoint_files_are_separate",
    "test_checkpoint_keeps_dropout",
    "test_checkpoint_of_what_train_returns",
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
    "test_train_moves_every_parameter",
    "test_train_once_reaches_the_bar",
    "test_train_one_epoch_with_your_own_parts",
    "test_train_overfits_32_images",
    "test_train_reaches_the_bar",
    "test_train_same_seed_same_weights",
    "test_train_uses_its_arguments",
)


class MLP(nn.Module):
    def __init__(self, in_features=784, hidden=128, num_classes=10, dropout=0.0):
        super().__init__()
        self.arguments = dict(in_features=in_features, hidden=hidden, num_classes=num_classes, dropout=dropout)
        self.layers = [nn.Linear(in_features, hidden), nn.Linear(hidden, num_classes)]
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        return self.layers[1](self.dropout(self.layers[0](x.flatten(1)).relu()))
