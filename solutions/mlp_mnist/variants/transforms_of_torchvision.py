"""Right: torchvision's transforms prepare the images, and a loader of a subclass of its own."""

import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler
from torchvision.transforms import v2

PREPARE = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean=[0.1307], std=[0.3081])])


def to_inputs(images):
    return PREPARE(images.unsqueeze(1)).flatten(1)


class Digits(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index], self.labels[index]

    def __getitems__(self, indices):
        return to_inputs(self.images[indices]), self.labels[indices]


class Loader(DataLoader):
    def __init__(self, images, labels, batch_size, shuffle, seed):
        dataset = Digits(images, labels)
        generator = torch.Generator().manual_seed(seed)
        order = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        super().__init__(
            dataset, batch_sampler=BatchSampler(order, batch_size, drop_last=False), collate_fn=lambda batch: batch
        )


def make_loader(images, labels, batch_size, shuffle, seed=0):
    return Loader(images, labels, batch_size, shuffle, seed)
