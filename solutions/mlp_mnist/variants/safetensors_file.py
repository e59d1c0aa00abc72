"""Right: a checkpoint by safetensors with the arguments as metadata; Adam with lazy state dicts and addcdiv_."""

import json
from collections import defaultdict

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn


class MLP(nn.Module):
    def __init__(self, in_features=784, hidden=128, num_classes=10, dropout=0.0):
        super().__init__()
        self.hyper = dict(in_features=in_features, hidden=hidden, num_classes=num_classes, dropout=dropout)
        self.fc1 = nn.Linear(in_features, hidden)
        self.fc2 = nn.Linear(hidden, num_classes)
        self.drop = nn.Dropout(dropout)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        if x.dim() > 2:
            x = x.flatten(1)
        # Dropped before the ReLU: it comes to the same.
        return self.fc2(self.act(self.drop(self.fc1(x))))


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.param_groups = [{"params": list(params), "lr": lr, "betas": betas, "eps": eps}]
        self.state = defaultdict(dict)

    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["step"] = 0
                    state["exp_avg"] = torch.zeros_like(p.data)
                    state["exp_avg_sq"] = torch.zeros_like(p.data)
                state["step"] += 1
                state["exp_avg"].lerp_(p.grad, 1 - beta1)
                state["exp_avg_sq"].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
                correction1, correction2 = 1 - beta1 ** state["step"], 1 - beta2 ** state["step"]
                denom = (state["exp_avg_sq"].sqrt() / correction2**0.5).add_(group["eps"])
                p.data.addcdiv_(state["exp_avg"], denom, value=-group["lr"] / correction1)

    def zero_grad(self, set_to_none=True):
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None


def save_checkpoint(model, path):
    save_file(model.state_dict(), path, metadata={"arguments": json.dumps(model.hyper)})


def load_checkpoint(path):
    with safe_open(path, framework="pt") as file:
        model = MLP(**json.loads(file.metadata()["arguments"]))
        model.load_state_dict({name: file.get_tensor(name) for name in file.keys()})
    return model
