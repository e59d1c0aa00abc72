"""Wrong: returns probabilities; cross entropy would take a second softmax of them."""

import torch
from torch import nn

CAUGHT_BY = (
    "test_mlp_dropout_rate",
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
        active = nn.functional.relu(self.hidden(x.flatten(start_dim=1)))
        return torch.softmax(self.output(self.dropout(active)), dim=1)


def train(images, labels, *, epochs=3, batch_size=128, seed=0, device="cpu"):
    torch.manual_seed(seed)
    model = MLP(dropout=0.0).to(device)
    inputs, labels = to_inputs(images.to(device)), labels.to(device)
    optimizer = torch.optim.Adam(model.parameters())
    for _ in range(epochs):
        for some in torch.randperm(len(inputs)).split(batch_size):
            optimizer.zero_grad()
            nn.functional.nll_loss(model(inputs[some]).log(), labels[some]).backward()
            optimizer.step()
    return model
