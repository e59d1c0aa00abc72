"""Right: the data set is a range of numbers and collate cuts out the batch; inputs by a table; dropout by hand."""

import torch
from torch import nn
from torch.utils.data import DataLoader


def to_inputs(images):
    table = (torch.arange(256, dtype=torch.float64, device=images.device) / 255 - 0.1307) / 0.3081
    return table.float()[images.flatten(1).int()]


class MLP(nn.Module):
    def __init__(self, in_features=784, hidden=128, num_classes=10, dropout=0.0):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(in_features, hidden), nn.Linear(hidden, num_classes)])
        self.keep = 1 - dropout
        self.config = [in_features, hidden, num_classes, dropout]
        for layer in self.layers:
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        first, last = self.layers
        h = first(torch.flatten(x, 1))
        h = h * (h > 0)
        if self.training and self.keep < 1:
            h = h * torch.empty_like(h).bernoulli_(self.keep) / self.keep
        return last(h)


def make_loader(images, labels, batch_size, shuffle, seed=0):
    def cut(indices):
        indices = torch.as_tensor(indices)
        return to_inputs(images[indices]), labels[indices]

    generator = torch.Generator().manual_seed(seed)
    return DataLoader(range(len(images)), batch_size, shuffle, collate_fn=cut, generator=generator)


def predict(model, images, device="cpu"):
    was_training = model.training
    model.eval()
    result = torch.zeros(len(images), dtype=torch.long)
    with torch.no_grad():
        for start in range(0, len(images), 500):
            chunk = images[start : start + 500]
            result[start : start + 500] = model(to_inputs(chunk).to(device)).argmax(1)
    model.train(was_training)
    return result


def save_checkpoint(model, path):
    torch.save((model.config, [p.detach().clone() for p in model.parameters()]), path)


def load_checkpoint(path):
    config, values = torch.load(path, weights_only=True)
    model = MLP(*config)
    with torch.no_grad():
        for param, value in zip(model.parameters(), values, strict=True):
            param.copy_(value)
    return model
