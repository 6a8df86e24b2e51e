"""What a network is trained to do: the shape of its input and output, and its loss."""

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(outputs: Tensor, labels: Tensor) -> Tensor:
    """Mean cross entropy; ``outputs`` [B, K]; ``labels`` [B] class indices or [B, K] probabilities."""
    return F.cross_entropy(outputs, labels)


@dataclass(frozen=True)
class Task:
    """One task of a search space.

    ``image_shape`` is (channels, height, width); ``outputs`` the width of the network's output;
    ``images`` names the image source that belongs to the task (see `benchmarks.inputs`);
    ``loss`` maps (outputs, labels) to a scalar, the mean over the batch.
    """

    name: str
    outputs: int
    image_shape: tuple[int, int, int]
    images: str
    loss: Loss = cross_entropy


CIFAR10 = Task("cifar10", 10, (3, 32, 32), images="cifar10")
CIFAR100 = Task("cifar100", 100, (3, 32, 32), images="cifar100")
IMAGENET16_120 = Task("imagenet16_120", 120, (3, 16, 16), images="imagenet16_120")
