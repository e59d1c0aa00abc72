"""Wrong: hands everything to torch.optim.Adam."""

import torch

CAUGHT_BY = ("test_adam_by_hand",)


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.inner = torch.optim.Adam(params, lr=lr, betas=betas, eps=eps)

    def step(self):
        self.inner.step()

    def zero_grad(self):
        self.inner.zero_grad()
