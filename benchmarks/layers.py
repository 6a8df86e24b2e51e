"""Blocks that the networks of several search spaces are made of. All inputs and outputs are [B, C, H, W]."""

from collections.abc import Mapping, Sequence
from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ReLUConvBN(nn.Sequential):
    """ReLU, a convolution without bias whose output is as large as its input at stride 1, batch norm."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
        )


class FactorizedReduce(nn.Module):
    """ReLU, two 1x1 convolutions of stride 2 whose outputs are concatenated, batch norm: a skip that halves the size.

    The second convolution sees the input shifted by one pixel, so that together they read one pixel in two and not
    one in four (DARTS, arXiv 1806.09055; NAS-Bench-201's family). Odd sizes are halved upwards.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.relu = nn.ReLU()
        self.even = nn.Conv2d(inputs, outputs // 2, kernel_size=1, stride=2, bias=False)
        self.odd = nn.Conv2d(inputs, outputs - outputs // 2, kernel_size=1, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, images: Tensor) -> Tensor:
        """Return the features at half the height and width."""
        images = self.relu(images)
        shifted = F.pad(images, (-1, 1, -1, 1))  # left and top pixels cut off, zeros put on at right and bottom
        return self.norm(torch.cat([self.even(images), self.odd(shifted)], dim=1))


class ConvBN(nn.Sequential):
    """A 3x3 convolution without bias and batch norm: what many networks begin with."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False), nn.BatchNorm2d(outputs))


class ClassificationHead(nn.Sequential):
    """Batch norm, ReLU, global average pooling and a linear layer: what NAS-Bench-201 and NATS-Bench end with."""

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__(
            nn.BatchNorm2d(inputs), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes)
        )


class ResidualBlock(nn.Module):
    """Two 3x3 ReLUConvBN, the first with stride 2, around a shortcut of average pooling and a 1x1 convolution.

    It stands between the stages of NAS-Bench-201 (arXiv 2001.00326, section 2.1) and of NATS-Bench.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(ReLUConvBN(inputs, outputs, 3, stride=2), ReLUConvBN(outputs, outputs, 3))
        self.shortcut = nn.Sequential(nn.AvgPool2d(2, stride=2), nn.Conv2d(inputs, outputs, kernel_size=1, bias=False))

    def forward(self, images: Tensor) -> Tensor:
        """Return the features at half the height and width."""
        return self.shortcut(images) + self.body(images)


class SumCell(nn.Module):
    """A cell whose nodes are sums of operations on earlier nodes; node 0 is the input, the last node the output.

    ``incoming`` lists for each node from 1 on its edges, as a mapping from the source node to the operation.
    An edge that is not there counts as zeros and costs nothing; a node without edges is zeros like node 0.
    """

    def __init__(self, incoming: Sequence[Mapping[int, nn.Module]]) -> None:
        super().__init__()
        self.sources = [tuple(edges) for edges in incoming]
        self.operations = nn.ModuleList(operation for edges in incoming for operation in edges.values())

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the value of the last node."""
        nodes = [inputs]
        operations = iter(self.operations)
        for sources in self.sources:
            terms = [next(operations)(nodes[source]) for source in sources]
            nodes.append(reduce(torch.add, terms) if terms else torch.zeros_like(inputs))
        return nodes[-1]
