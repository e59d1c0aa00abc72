# release: mlp_mnist 1.0
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
from torch.utils.data import DataLoader

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
    raise NotImplementedError("to_inputs")


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
        raise NotImplementedError("MLP.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """The logits of a batch, no probabilities.

        Args:
            x: (N, D), or images of D entries each: (N, 28, 28), (N, 1, 28, 28) for D = 784. Of the parameters' dtype.

        Returns:
            (N, C).
        """
        raise NotImplementedError("MLP.forward")


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
    raise NotImplementedError("make_loader")


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
        raise NotImplementedError("Adam.__init__")

    @torch.no_grad()
    def step(self) -> None:
        """Update every parameter that has a gradient, in place; gradients stay as they are."""
        raise NotImplementedError("Adam.step")

    def zero_grad(self) -> None:
        """Forget all gradients: afterwards each is None, or zeros."""
        raise NotImplementedError("Adam.zero_grad")


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
    raise NotImplementedError("train_one_epoch")


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
    raise NotImplementedError("evaluate")


@torch.no_grad()
def predict(model: nn.Module, images: Tensor, device: str = "cpu") -> Tensor:
    """The most likely class of each image, in evaluation mode.

    Args:
        model: takes what ``to_inputs`` makes, and returns logits (B, C).
        images: uint8 (N, 28, 28), any N: none, one, or more than fit the memory as floats.

    Returns:
        int64 (N,), on the CPU.
    """
    raise NotImplementedError("predict")


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
    raise NotImplementedError("train")


# ---------------------------------------------------------------------------------------------------------------------
# Keeping it
# ---------------------------------------------------------------------------------------------------------------------


def save_checkpoint(model: nn.Module, path: str | PathLike[str]) -> None:
    """Write all that ``load_checkpoint`` needs into one file.

    Args:
        model: an ``MLP`` made with any arguments, or what ``train`` returns.
        path: of the file; one that exists is replaced.
    """
    raise NotImplementedError("save_checkpoint")


def load_checkpoint(path: str | PathLike[str]) -> nn.Module:
    """The model that ``save_checkpoint`` wrote: it computes the same, in training mode too. It is on the CPU.

    A file may come from anyone: nothing in it may decide which code runs. What is no checkpoint raises an error.

    Returns:
        a new model.
    """
    raise NotImplementedError("load_checkpoint")
