"""Right: an IterableDataset that cuts whole batches, with a seed made of the run's and the number of the epoch."""

import itertools

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset


class Batches(IterableDataset):
    def __init__(self, inputs, labels, batch_size, shuffle, seed):
        self.inputs, self.labels, self.batch_size = inputs, labels, batch_size
        self.shuffle, self.seed, self.epochs = shuffle, seed, itertools.count()

    def __iter__(self):
        n = len(self.labels)
        order = torch.arange(n)
        if self.shuffle:
            order = torch.from_numpy(np.random.default_rng([self.seed, next(self.epochs)]).permutation(n))
        for some in order.split(self.batch_size):
            yield self.inputs[some], self.labels[some]

    def __len__(self):
        return -(-len(self.labels) // self.batch_size)


def make_loader(images, labels, batch_size, shuffle, seed=0):
    return DataLoader(Batches(to_inputs(images), labels, batch_size, shuffle, seed), batch_size=None)


def train_one_epoch(model, loader, optimizer, device="cpu"):
    model.train()
    losses, sizes = [], []
    for inputs, labels in loader:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs.to(device)), labels.to(device))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        sizes.append(len(labels))
    return np.average(losses, weights=sizes)
