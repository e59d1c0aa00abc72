"""Wrong: plain gradient descent."""

import torch

CAUGHT_BY = (
    "test_adam_counts_for_each_parameter",
    "test_adam_fifty_steps",
    "test_adam_first_step",
    "test_adam_follows_torch",
    "test_train_once_reaches_the_bar",
    "test_train_one_epoch_with_your_own_parts",
    "test_train_overfits_32_images",
    "test_train_reaches_the_bar",
)


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr = list(params), lr

    @torch.no_grad()
    def step(self):
        for param in self.params:
            if param.grad is not None:
                param -= self.lr * param.grad

    def zero_grad(self):
        for param in self.params:
            param.grad = None
