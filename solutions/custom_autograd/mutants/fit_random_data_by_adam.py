"""Wrong: uses torch.optim.Adam."""

import torch

CAUGHT_BY = (
    "test_fit_random_data_by_default",
    "test_fit_random_data_descends",
    "test_fit_random_data_without_optimizer",
)


def fit_random_data(x, y, hidden=100, learning_rate=1e-4, steps=500, seed=0):
    torch.manual_seed(seed)
    net = TwoLayerNet(x.shape[1], hidden, y.shape[1]).to(x)
    losses = []
    optimizer = torch.optim.Adam(net.parameters(), lr=learning_rate)
    for _ in range(steps):
        loss = (net(x) - y).square().sum()
        losses.append(loss.item())
        net.zero_grad()
        loss.backward()
        optimizer.step()
    return net, losses
