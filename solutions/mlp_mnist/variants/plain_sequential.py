"""Right: nn.Sequential, a plain DataLoader of a TensorDataset, Adam as in the paper, arguments told by shapes."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def to_inputs(images):
    x = images.to(torch.float32).div(255)
    x = (x - 0.1307) / 0.3081
    return x.reshape(x.shape[0], 28 * 28)


class MLP(nn.Module):
    def __init__(self, in_features=784, hidden=128, num_classes=10, dropout=0.0):
        super().__init__()
        self.net = nn.Sequential(
            nn.Flatten(),
            nn.Linear(in_features, hidden),
            nn.ReLU(),
            nn.Dropout(p=dropout),
            nn.Linear(hidden, num_classes),
        )

    def forward(self, x):
        return self.net(x)


def make_loader(images, labels, batch_size, shuffle, seed=0):
    generator = torch.Generator()
    generator.manual_seed(seed)
    dataset = TensorDataset(to_inputs(images), labels)
    return DataLoader(dataset, batch_size=batch_size, shuffle=shuffle, generator=generator)


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.m = [torch.zeros_like(p) for p in self.params]
        self.v = [torch.zeros_like(p) for p in self.params]
        self.t = [0 for _ in self.params]

    def step(self):
        b1, b2 = self.betas
        with torch.no_grad():
            for i, p in enumerate(self.params):
                if p.grad is not None:
                    g = p.grad
                    self.t[i] += 1
                    self.m[i] = b1 * self.m[i] + (1 - b1) * g
                    self.v[i] = b2 * self.v[i] + (1 - b2) * g**2
                    m_hat = self.m[i] / (1 - b1 ** self.t[i])
                    v_hat = self.v[i] / (1 - b2 ** self.t[i])
                    p.copy_(p - self.lr * m_hat / (torch.sqrt(v_hat) + self.eps))

    def zero_grad(self):
        for p in self.params:
            if p.grad is not None:
                p.grad.zero_()


def train_one_epoch(model, loader, optimizer, device="cpu"):
    criterion = nn.CrossEntropyLoss()
    model.train()
    running = 0.0
    for batch in loader:
        x, y = (part.to(device) for part in batch)
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        running += loss.item() * x.size(0)
    return running / len(loader.dataset)


def evaluate(model, loader, device="cpu"):
    mode = model.training
    model.eval()
    try:
        with torch.inference_mode():
            hits = [model(x.to(device)).argmax(-1).cpu() == y.cpu() for x, y in loader]
        return torch.cat(hits).float().mean().item()
    finally:
        model.train(mode)


def predict(model, images, device="cpu"):
    model.eval()
    with torch.no_grad():
        return model(to_inputs(images).to(device)).max(dim=1).indices.cpu()


def save_checkpoint(model, path):
    torch.save({"weights": model.state_dict(), "dropout": model.net[3].p}, path)


def load_checkpoint(path):
    saved = torch.load(path, weights_only=True, map_location=torch.device("cpu"))
    first, last = saved["weights"]["net.1.weight"], saved["weights"]["net.4.weight"]
    model = MLP(first.shape[1], first.shape[0], last.shape[0], saved["dropout"])
    model.load_state_dict(saved["weights"])
    return model
