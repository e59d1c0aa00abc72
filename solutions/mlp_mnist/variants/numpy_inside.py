"""Right: NumPy prepares the images, draws the orders and keeps the checkpoint (npz without pickle)."""

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


def to_inputs(images):
    values = images.detach().cpu().numpy().reshape(len(images), 784) if len(images) else np.empty((0, 784))
    values = (values / np.float64(255) - 0.1307) / 0.3081
    return torch.from_numpy(values.astype(np.float32)).to(images.device)


class Pairs(Dataset):
    def __init__(self, inputs, labels):
        self.inputs, self.labels = inputs, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.inputs[index], self.labels[index]


class Orders:
    """Lists of indices, a new random order at each iteration."""

    def __init__(self, count, batch_size, shuffle, seed):
        self.count, self.batch_size, self.shuffle = count, batch_size, shuffle
        self.random = np.random.RandomState(seed)

    def __len__(self):
        return (self.count + self.batch_size - 1) // self.batch_size

    def __iter__(self):
        order = np.arange(self.count)
        if self.shuffle:
            self.random.shuffle(order)
        return (order[i : i + self.batch_size].tolist() for i in range(0, self.count, self.batch_size))


def make_loader(images, labels, batch_size, shuffle, seed=0):
    orders = Orders(len(labels), batch_size, shuffle, seed)
    return DataLoader(Pairs(to_inputs(images), labels), sampler=orders, batch_size=None)


def evaluate(model, loader, device="cpu"):
    mode, right, total = model.training, 0, 0
    model.eval()
    previous = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    for inputs, labels in loader:
        logits = model(inputs.to(device)).cpu().numpy()
        right += int(np.sum(np.argmax(logits, axis=1) == labels.numpy()))
        total += labels.shape[0]
    torch.set_grad_enabled(previous)
    model.train(mode)
    return np.float64(right / total)


def save_checkpoint(model, path):
    arguments = np.array(list(model.arguments.values()), dtype=np.float64)
    with open(path, "wb") as file:
        np.savez(file, arguments=arguments, **{name: value.cpu().numpy() for name, value in model.state_dict().items()})


def load_checkpoint(path):
    with np.load(path, allow_pickle=False) as file:
        *sizes, dropout = file["arguments"].tolist()
        model = MLP(*map(int, sizes), dropout)
        model.load_state_dict({name: torch.from_numpy(file[name]) for name in file.files if name != "arguments"})
    return model
