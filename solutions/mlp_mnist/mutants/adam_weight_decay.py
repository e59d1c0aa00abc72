"""Wrong: a weight decay that nobody asked for (train goes another way)."""

import torch
from torch import nn

CAUGHT_BY = (
    "test_adam_counts_for_each_parameter",
    "test_adam_fifty_steps",
    "test_adam_first_step",
    "test_adam_follows_torch",
)
CAUSES = ("small error",)


class Adam:
    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8
    ):
        self.params = list(params)
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.counts = [0] * len(self.params)
        self.means = [torch.zeros_like(param) for param in self.params]
        self.squares = [torch.zeros_like(param) for param in self.params]

    @torch.no_grad()
    def step(self) -> None:
        first, second = self.betas
        for i, param in enumerate(self.params):
            if param.grad is None:
                continue
            self.counts[i] += 1
            self.means[i].mul_(first).add_(param.grad, alpha=1 - first)
            self.squares[i].mul_(second).addcmul_(param.grad, param.grad, value=1 - second)
            param *= 1 - self.lr * 0.01
            mean = self.means[i] / (1 - first ** self.counts[i])
            square = self.squares[i] / (1 - second ** self.counts[i])
            param -= self.lr * mean / (square.sqrt() + self.eps)

    def zero_grad(self) -> None:
        for param in self.params:
            param.grad = None


def train(images, labels, *, epochs=3, batch_size=128, seed=0, device="cpu"):
    torch.manual_seed(seed)
    model = MLP(dropout=0.0).to(device)
    inputs, labels = to_inputs(images.to(device)), labels.to(device)
    optimizer = torch.optim.Adam(model.parameters())
    for _ in range(epochs):
        for some in torch.randperm(len(inputs)).split(batch_size):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs[some]), labels[some]).backward()
            optimizer.step()
    return model
