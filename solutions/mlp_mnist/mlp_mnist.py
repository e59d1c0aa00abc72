"""A network with one hidden layer that reads handwritten digits, with everything around it written by you.

The parts fit together: ``make_loader`` hands out batches that ``to_inputs`` has prepared, ``train_one_epoch`` moves the
parameters of an ``MLP`` by an ``Adam``, ``evaluate`` and ``predict`` say what it has learned, ``train`` is the whole
run, and a checkpoint keeps the result.

Notation: N images, B images in a batch, D features, H hidden units, C classes. Images are uint8 (N, 28, 28) with values
0 to 255. ``device`` is what a tensor's ``.to`` takes ("cpu", "cuda"). No function changes its arguments, but for the
model and the optimizer that are trained.
"""

from collections.abc import Iterable
from os import PathLike

import torch
from torch import Tensor, nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, SequentialSampler, TensorDataset

# ---------------------------------------------------------------------------------------------------------------------
# From images to logits
# ---------------------------------------------------------------------------------------------------------------------


def to_inputs(images: Tensor) -> Tensor:
    """Images as rows of numbers around 0: divided by 255, minus 0.1307, over 0.3081.

    Args:
        images: uint8 (N, 28, 28); N may be 0.

    Returns:
        float32 (N, 784), row by row of each image, on its device.
    """
    # BEGIN SOLUTION
    return (images.flatten(start_dim=1) / 255 - 0.1307) / 0.3081
    # END SOLUTION


class MLP(nn.Module):
    """Linear, ReLU, dropout, linear.

    Its parameters are the weights and biases of two linear layers, four tensors under names of your choice. They are in
    use at every call: who changes their values changes the output.

    Args:
        in_features: D.
        hidden: H, the width of the hidden layer.
        num_classes: C.
        dropout: the chance of each hidden unit to be dropped, in training mode only.
    """

    def __init__(self, in_features: int = 784, hidden: int = 128, num_classes: int = 10, dropout: float = 0.0):
        super().__init__()
        # BEGIN SOLUTION
        self.arguments = {
            "in_features": in_features,
            "hidden": hidden,
            "num_classes": num_classes,
            "dropout": dropout,
        }
        self.hidden = nn.Linear(in_features, hidden)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, num_classes)
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """The logits of a batch, no probabilities.

        Args:
            x: (N, D), or images of D entries each: (N, 28, 28), (N, 1, 28, 28) for D = 784. Of the parameters' dtype.

        Returns:
            (N, C).
        """
        # BEGIN SOLUTION
        active = nn.functional.relu(self.hidden(x.flatten(start_dim=1)))
        return self.output(self.dropout(active))
        # END SOLUTION


# ---------------------------------------------------------------------------------------------------------------------
# What training is made of
# ---------------------------------------------------------------------------------------------------------------------


def make_loader(images: Tensor, labels: Tensor, batch_size: int, shuffle: bool, seed: int = 0) -> DataLoader:
    """Batches of prepared images and their labels; each pass over the loader is an epoch.

    Every sample comes once an epoch, and the last batch is short where ``batch_size`` does not divide N. It works in
    this process: no ``num_workers``.

    Args:
        images: uint8 (N, 28, 28), N at least 1.
        labels: int64 (N,).
        batch_size: B, 1 or more; it may exceed N.
        shuffle: False: in the given order. True: in random order, another one each epoch.
        seed: decides the orders of all epochs, whatever else draws random numbers.

    Returns:
        a loader of pairs: float32 (B, 784), int64 (B,).
    """
    # BEGIN SOLUTION
    dataset = TensorDataset(to_inputs(images), labels)
    if shuffle:
        order = RandomSampler(dataset, generator=torch.Generator().manual_seed(seed))
    else:
        order = SequentialSampler(dataset)
    # The dataset is asked for whole batches: one indexing of a tensor in the place of B, and nothing to stack.
    return DataLoader(dataset, sampler=BatchSampler(order, batch_size, drop_last=False), batch_size=None)
    # END SOLUTION


class Adam:
    """The optimizer of Kingma and Ba, by hand: nothing of ``torch.optim``.

    A parameter whose ``.grad`` is None is left as it is; neither its moments nor its count of steps move.

    Args:
        params: the tensors to update; any iterable, a generator too.
        lr: the step size.
        betas: how much of the running means of the gradient and of its square is kept in a step.
        eps: added to the root in the denominator.
    """

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8
    ):
        # BEGIN SOLUTION
        self.params = list(params)
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.counts = [0] * len(self.params)
        self.means = [torch.zeros_like(param) for param in self.params]
        self.squares = [torch.zeros_like(param) for param in self.params]
        # END SOLUTION

    @torch.no_grad()
    def step(self) -> None:
        """Update every parameter that has a gradient, in place; gradients stay as they are."""
        # BEGIN SOLUTION
        first, second = self.betas
        for i, param in enumerate(self.params):
            if param.grad is None:
                continue
            self.counts[i] += 1
            self.means[i].mul_(first).add_(param.grad, alpha=1 - first)
            self.squares[i].mul_(second).addcmul_(param.grad, param.grad, value=1 - second)
            mean = self.means[i] / (1 - first ** self.counts[i])
            square = self.squares[i] / (1 - second ** self.counts[i])
            param -= self.lr * mean / (square.sqrt() + self.eps)
        # END SOLUTION

    def zero_grad(self) -> None:
        """Forget all gradients: afterwards each is None, or zeros."""
        # BEGIN SOLUTION
        for param in self.params:
            param.grad = None
        # END SOLUTION


def train_one_epoch(model: nn.Module, loader: DataLoader, optimizer: Adam, device: str = "cpu") -> float:
    """One pass over the loader in training mode, with one step of the optimizer for each batch.

    The loss is the cross entropy of the model's logits, its mean over the batch.

    Args:
        model: returns logits (B, C); its parameters are on ``device``.
        loader: yields inputs and int64 labels (B,).
        optimizer: an ``Adam``, or one of ``torch.optim``, of the model's parameters.

    Returns:
        the mean loss per sample, each batch's loss as it was before its step.
    """
    # BEGIN SOLUTION
    model.train()
    total, count = 0.0, 0
    for inputs, labels in loader:
        inputs, labels = inputs.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        count += len(labels)
    return total / count
    # END SOLUTION


# ---------------------------------------------------------------------------------------------------------------------
# What it has learned
# ---------------------------------------------------------------------------------------------------------------------


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader, device: str = "cpu") -> float:
    """The accuracy on all that the loader yields, in evaluation mode and without building a graph.

    Args:
        model: returns logits (B, C). Afterwards it is in the mode that it was in.
        loader: yields inputs and int64 labels (B,).

    Returns:
        the fraction of samples whose largest logit is that of the label, from 0 to 1.
    """
    # BEGIN SOLUTION
    was_training = model.training
    model.eval()
    right, count = 0, 0
    for inputs, labels in loader:
        predicted = model(inputs.to(device)).argmax(dim=1)
        right += (predicted == labels.to(device)).sum().item()
        count += len(labels)
    model.train(was_training)
    return right / count
    # END SOLUTION


@torch.no_grad()
def predict(model: nn.Module, images: Tensor, device: str = "cpu") -> Tensor:
    """The most likely class of each image, in evaluation mode.

    Args:
        model: takes what ``to_inputs`` makes, and returns logits (B, C).
        images: uint8 (N, 28, 28), any N: none, one, or more than fit the memory as floats.

    Returns:
        int64 (N,), on the CPU.
    """
    # BEGIN SOLUTION
    model.eval()
    predicted = [torch.empty(0, dtype=torch.int64)]
    for some in images.split(1024):
        predicted.append(model(to_inputs(some.to(device))).argmax(dim=1).cpu())
    return torch.cat(predicted)
    # END SOLUTION


def train(
    images: Tensor, labels: Tensor, *, epochs: int = 3, batch_size: int = 128, seed: int = 0, device: str = "cpu"
) -> nn.Module:
    """The whole run: a new model, trained on the images.

    Args:
        images: uint8 (N, 28, 28), in any order, sorted by label too.
        labels: int64 (N,), each in 0..9.
        epochs: passes over the images, 1 or more.
        batch_size: images in a step; it may exceed N.
        seed: decides the initial weights, the order of the batches and whatever else is random: on the CPU the same
            seed gives the same weights.

    Returns:
        the trained model, on ``device``.
    """
    # BEGIN SOLUTION
    torch.manual_seed(seed)
    model = MLP().to(device)
    loader = make_loader(images, labels, batch_size, shuffle=True, seed=seed)
    optimizer = Adam(model.parameters())
    for _ in range(epochs):
        train_one_epoch(model, loader, optimizer, device)
    return model
    # END SOLUTION


# ---------------------------------------------------------------------------------------------------------------------
# Keeping it
# ---------------------------------------------------------------------------------------------------------------------


def save_checkpoint(model: nn.Module, path: str | PathLike[str]) -> None:
    """Write all that ``load_checkpoint`` needs into one file.

    Args:
        model: an ``MLP`` made with any arguments, or what ``train`` returns.
        path: of the file; one that exists is replaced.
    """
    # BEGIN SOLUTION
    torch.save({"arguments": model.arguments, "state": model.state_dict()}, path)
    # END SOLUTION


def load_checkpoint(path: str | PathLike[str]) -> nn.Module:
    """The model that ``save_checkpoint`` wrote: it computes the same, in training mode too. It is on the CPU.

    A file may come from anyone: nothing in it may decide which code runs. What is no checkpoint raises an error.

    Returns:
        a new model.
    """
    # BEGIN SOLUTION
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    model = MLP(**checkpoint["arguments"])
    model.load_state_dict(checkpoint["state"])
    return model
    # END SOLUTION
