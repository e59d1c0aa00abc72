"""Wrong: centres x in place."""

import torch

CAUGHT_BY = (
    "test_fit_random_data_arguments",
    "test_fit_random_data_by_default",
    "test_fit_random_data_descends",
    "test_fit_random_data_keeps_the_dtype",
    "test_fit_random_data_seed",
    "test_fit_random_data_without_optimizer",
)
CAUSES = ("argument changed in place",)


def fit_random_data(x, y, hidden=100, learning_rate=1e-4, steps=500, seed=0):
    x -= x.mean(dim=0)
    torch.manual_seed(seed)
    net = TwoLayerNet(x.shape[1], hidden, y.shape[1]).to(x)
    losses = []
    for _ in range(steps):
        loss = (net(x) - y).square().sum()
        losses.append(loss.item())
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter -= learning_rate * parameter.grad
    return net, losses
