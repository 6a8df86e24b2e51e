"""What a network is trained to do: the shape of its input and output, and its loss."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.labels import CLASS_INDEX, Label

Loss = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(outputs: Tensor, labels: Tensor) -> Tensor:
    """Mean cross entropy; ``outputs`` [B, K, …]; ``labels`` class indices [B, …] or probabilities [B, K, …].

    The dots stand for height and width where every pixel is classified.
    """
    return F.cross_entropy(outputs, labels)


def soft_cross_entropy(outputs: Tensor, labels: Tensor) -> Tensor:
    """−Σ_k q_k · log(p_k + 1e-5), mean over the batch: ``outputs`` [B, K], p their softmax, ``labels`` q [B, K].

    The constant is that of TransNAS-Bench-101 (arXiv 2105.11871).
    """
    return -(labels * torch.log(outputs.softmax(dim=1) + 1e-5)).sum(dim=1).mean()


def squared_error(outputs: Tensor, labels: Tensor) -> Tensor:
    """Mean squared error; ``outputs`` and ``labels`` have one shape."""
    return F.mse_loss(outputs, labels)


def absolute_error(outputs: Tensor, labels: Tensor) -> Tensor:
    """Mean absolute error (L1); ``outputs`` and ``labels`` have one shape."""
    return F.l1_loss(outputs, labels)


@dataclass(frozen=True)
class Task:
    """One task of a search space.

    ``image_shape`` is (channels, height, width); ``outputs`` the width of the network's output;
    ``images`` names the image source that belongs to the task (see `benchmarks.inputs`);
    ``loss`` maps (outputs, labels) to a scalar, the mean over the batch; ``label`` is their kind;
    with a ``grid`` above 1 networks see grid x grid tiles of an image (see `benchmarks.jigsaw`).
    """

    name: str
    outputs: int
    image_shape: tuple[int, int, int]
    images: str
    loss: Loss = cross_entropy
    label: Label = CLASS_INDEX
    grid: int = 1


CIFAR10 = Task("cifar10", 10, (3, 32, 32), images="cifar10")
CIFAR100 = Task("cifar100", 100, (3, 32, 32), images="cifar100")
IMAGENET16_120 = Task("imagenet16_120", 120, (3, 16, 16), images="imagenet16_120")
