"""Right: raw parameters stored as (in, out) and drawn by hand, F.dropout, Adam by foreach operations."""

import torch
from torch import nn
from torch.nn import functional as F


class MLP(nn.Module):
    def __init__(self, in_features=784, hidden=128, num_classes=10, dropout=0.0):
        super().__init__()
        self.sizes = (in_features, hidden, num_classes)
        self.p = dropout
        self.w_in = nn.Parameter(torch.randn(in_features, hidden) * (2 / in_features) ** 0.5)
        self.b_in = nn.Parameter(torch.zeros(1, hidden))
        self.w_out = nn.Parameter(torch.randn(hidden, num_classes) * (1 / hidden) ** 0.5)
        self.b_out = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        x = x.reshape(x.shape[0], self.sizes[0])
        h = torch.clamp(torch.addmm(self.b_in, x, self.w_in), min=0)
        return F.dropout(h, self.p, training=self.training) @ self.w_out + self.b_out


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.params = tuple(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.state = {}

    @torch.no_grad()
    def step(self):
        by_count = {}
        for p in self.params:
            if p.grad is None:
                continue
            if p not in self.state:
                self.state[p] = {"step": 0, "m": torch.zeros_like(p), "v": torch.zeros_like(p)}
            self.state[p]["step"] += 1
            by_count.setdefault(self.state[p]["step"], []).append(p)
        for count, params in by_count.items():
            self._step(count, params)

    def _step(self, count, params):
        b1, b2 = self.betas
        grads = [p.grad for p in params]
        m, v = ([self.state[p][name] for p in params] for name in "mv")
        torch._foreach_mul_(m, b1)
        torch._foreach_add_(m, grads, alpha=1 - b1)
        torch._foreach_mul_(v, b2)
        torch._foreach_addcmul_(v, grads, grads, 1 - b2)
        denominator = torch._foreach_sqrt(v)
        torch._foreach_div_(denominator, (1 - b2**count) ** 0.5)
        torch._foreach_add_(denominator, self.eps)
        torch._foreach_addcdiv_(params, m, denominator, -self.lr / (1 - b1**count))

    def zero_grad(self, set_to_none=True):
        for p in self.params:
            p.grad = None


def save_checkpoint(model, path):
    torch.save([*model.sizes, model.p, *(p.detach().cpu() for p in model.parameters())], path)


def load_checkpoint(path):
    *arguments, w_in, b_in, w_out, b_out = torch.load(path, weights_only=True)
    model = MLP(*arguments)
    for param, value in zip(
        (model.w_in, model.b_in, model.w_out, model.b_out), (w_in, b_in, w_out, b_out), strict=True
    ):
        param.data = value
    return model
