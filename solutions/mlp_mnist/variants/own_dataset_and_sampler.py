"""Right: a Dataset that prepares each sample when it is asked for, an own Sampler, and an own collate function."""

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, Sampler


class Digits(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return to_inputs(self.images[i : i + 1]).squeeze(0), int(self.labels[i])


class Shuffled(Sampler):
    def __init__(self, count, seed):
        self.count, self.generator = count, torch.Generator().manual_seed(seed)

    def __len__(self):
        return self.count

    def __iter__(self):
        yield from torch.randperm(self.count, generator=self.generator).tolist()


def stack(samples):
    inputs, labels = zip(*samples, strict=True)
    return torch.stack(inputs), torch.tensor(labels, dtype=torch.long)


def make_loader(images, labels, batch_size, shuffle, seed=0):
    dataset = Digits(images, labels)
    sampler = Shuffled(len(dataset), seed) if shuffle else None
    return DataLoader(dataset, batch_size=batch_size, sampler=sampler, collate_fn=stack, drop_last=False)


def train_one_epoch(model, loader, optimizer, device="cpu"):
    model = model.train(True)
    losses = []
    for x, y in loader:
        loss = F.nll_loss(F.log_softmax(model(x.to(device)), dim=1), y.to(device), reduction="sum")
        for param in model.parameters():
            param.grad = None
        (loss / len(y)).backward()
        optimizer.step()
        losses.append(loss.detach().double())
    return float(torch.stack(losses).sum() / len(loader.dataset))
