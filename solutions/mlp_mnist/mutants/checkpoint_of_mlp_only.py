"""Wrong: what train returns has lost its arguments, and can't be saved."""

import torch
from torch import nn

CAUGHT_BY = ("test_checkpoint_of_what_train_returns",)


def train(images, labels, *, epochs=3, batch_size=128, seed=0, device="cpu"):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)).to(device)
    loader = make_loader(images, labels, batch_size, shuffle=True, seed=seed)
    optimizer = Adam(model.parameters())
    for _ in range(epochs):
        train_one_epoch(model, loader, optimizer, device)
    return model
