"""Right: train uses torch.optim, a schedule, dropout and a layer more than MLP; the checkpoint knows both networks."""

import torch
from torch import nn


class DeepNet(nn.Module):
    def __init__(self, widths, dropout):
        super().__init__()
        self.settings = {"widths": widths, "dropout": dropout}
        layers = [nn.Flatten()]
        for before, after in zip(widths[:-2], widths[1:-1], strict=True):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))

    def forward(self, x):
        return self.layers(x)


class MLP(DeepNet):
    def __init__(self, in_features=784, hidden=128, num_classes=10, dropout=0.0):
        super().__init__([in_features, hidden, num_classes], dropout)


def train(images, labels, *, epochs=3, batch_size=128, seed=0, device="cpu"):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = DeepNet([784, 128, 64, 10], dropout=0.1).to(device)
        inputs, labels = to_inputs(images.to(device)), labels.to(device)
        optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs, eta_min=2e-4)
        net.train()
        for _ in range(epochs):
            for some in torch.randperm(len(inputs)).to(device).split(batch_size):
                optimizer.zero_grad()
                nn.functional.cross_entropy(net(inputs[some]), labels[some]).backward()
                optimizer.step()
            schedule.step()
    return net


def save_checkpoint(model, path):
    torch.save(model.settings | {"state": model.state_dict()}, path)


def load_checkpoint(path):
    saved = torch.load(path, map_location="cpu", weights_only=True)
    state = saved.pop("state")
    model = DeepNet(**saved)
    model.load_state_dict(state)
    return model
