"""Wrong: the layers of the first network are used by all others of its size."""

from torch import nn

CAUGHT_BY = (
    "test_checkpoint_files_are_separate",
    "test_checkpoint_refuses_pickle",
    "test_mlp_initial_weights",
    "test_train_moves_every_parameter",
    "test_train_same_seed_same_weights",
)


SHARED = {}


class MLP(nn.Module):
    def __init__(self, in_features=784, hidden=128, num_classes=10, dropout=0.0):
        super().__init__()
        self.arguments = dict(in_features=in_features, hidden=hidden, num_classes=num_classes, dropout=dropout)
        sizes = in_features, hidden, num_classes
        if sizes not in SHARED:
            SHARED[sizes] = nn.Linear(in_features, hidden), nn.Linear(hidden, num_classes)
        self.hidden, self.output = SHARED[sizes]
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        return self.output(self.dropout(self.hidden(x.flatten(1)).relu()))
