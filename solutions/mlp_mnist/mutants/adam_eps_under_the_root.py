"""Wrong: adds eps under the root."""

CAUGHT_BY = (
    "test_adam_counts_for_each_parameter",
    "test_adam_fifty_steps",
    "test_adam_first_step",
    "test_adam_follows_torch",
    "test_train_one_epoch_with_your_own_parts",
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
            mean = self.means[i] / (1 - first ** self.counts[i])
            square = self.squares[i] / (1 - second ** self.counts[i])
            param -= self.lr * mean / (square + self.eps).sqrt()

    def zero_grad(self) -> None:
        for param in self.params:
            param.grad = None
