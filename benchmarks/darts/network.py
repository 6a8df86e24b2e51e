"""The networks that are stacked from DARTS cells (arXiv 1806.09055), without the auxiliary classifier of training."""

from collections.abc import Callable, Mapping
from functools import reduce

import torch
from torch import Tensor, nn

from benchmarks.darts.genotype import Cell, Genotype
from benchmarks.layers import ConvBN, FactorizedReduce, ReLUConvBN
from benchmarks.tasks import Task

TINY_CHANNELS = 3


def _convolution(channels: int, kernel: int, stride: int, dilation: int = 1) -> nn.Sequential:
    """ReLU, a convolution of each channel by itself, a 1x1 convolution across channels, batch norm."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(channels, channels, kernel, stride, padding, dilation, groups=channels, bias=False),
        nn.Conv2d(channels, channels, kernel_size=1, bias=False),
        nn.BatchNorm2d(channels),
    )


def _separable(channels: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(_convolution(channels, kernel, stride), _convolution(channels, kernel, stride=1))


# Operation by name, given channels and stride. ``none`` is missing on purpose: it is the edge that is not there.
OPERATIONS: Mapping[str, Callable[[int, int], nn.Module]] = {
    "max_pool_3x3": lambda channels, stride: nn.MaxPool2d(3, stride, padding=1),
    "avg_pool_3x3": lambda channels, stride: nn.AvgPool2d(3, stride, padding=1, count_include_pad=False),
    "skip_connect": lambda channels, stride: nn.Identity() if stride == 1 else FactorizedReduce(channels, channels),
    "sep_conv_3x3": lambda channels, stride: _separable(channels, 3, stride),
    "sep_conv_5x5": lambda channels, stride: _separable(channels, 5, stride),
    "dil_conv_3x3": lambda channels, stride: _convolution(channels, 3, stride, dilation=2),
    "dil_conv_5x5": lambda channels, stride: _convolution(channels, 5, stride, dilation=2),
}


class CellModule(nn.Module):
    """A cell on the outputs of the last cell but one and of the last cell; its own is that of its nodes, concatenated.

    ``adapters`` give both inputs the same size and ``channels``; in a reduction cell, whose ``stride`` is 2, the edges
    that come from them halve the size. A node none of whose edges is there is zeros.
    """

    def __init__(self, cell: Cell, adapters: tuple[nn.Module, nn.Module], channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.adapters = nn.ModuleList(adapters)
        present = [[(name, source) for name, source in edges if name in OPERATIONS] for edges in cell]
        self.sources = [[source for _, source in edges] for edges in present]
        self.operations = nn.ModuleList(
            OPERATIONS[name](channels, stride if source < len(adapters) else 1)
            for edges in present
            for name, source in edges
        )

    def forward(self, last_but_one: Tensor, last: Tensor) -> Tensor:
        """Return features [B, 4 * channels, H / stride, W / stride] for a last input [B, C, H, W]."""
        values = [adapter(features) for adapter, features in zip(self.adapters, (last_but_one, last), strict=True)]
        nothing = torch.zeros_like(values[0][:, :, :: self.stride, :: self.stride])
        operations = iter(self.operations)
        for sources in self.sources:
            terms = [next(operations)(values[source]) for source in sources]
            values.append(reduce(torch.add, terms) if terms else nothing)
        return torch.cat(values[len(self.adapters) :], dim=1)


class Network(nn.Module):
    """A stem, ``layers`` cells, and a linear layer on globally averaged features.

    The cells a third and two thirds of the way are reduction cells with twice the channels, all others normal ones.
    """

    def __init__(
        self, genotype: Genotype, stem: nn.Module, stem_channels: int, channels: int, layers: int, outputs: int
    ) -> None:
        super().__init__()
        self.stem = stem
        self.cells = nn.ModuleList()
        widths = (stem_channels, stem_channels)  # of the last output but one, and of the last
        after_reduction = False
        for layer in range(layers):
            reduction = layer in (layers // 3, 2 * layers // 3)
            channels *= 2 if reduction else 1
            adapters = (
                (FactorizedReduce if after_reduction else _projection)(widths[0], channels),
                _projection(widths[1], channels),
            )
            cell = genotype.reduction if reduction else genotype.normal
            self.cells.append(CellModule(cell, adapters, channels, stride=2 if reduction else 1))
            widths = (widths[1], len(cell) * channels)
            after_reduction = reduction
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[1], outputs))

    def forward(self, images: Tensor) -> Tensor:
        """Return outputs [B, outputs] for images [B, C, H, W]."""
        last_but_one = last = self.stem(images)
        for cell in self.cells:
            last_but_one, last = last, cell(last_but_one, last)
        return self.head(last)


def tiny(genotype: Genotype, task: Task) -> Network:
    """Return the network of SWAP-NAS's correlation study: no stem, and one cell both of whose inputs are the image.

    By the rule of thirds that one cell is a reduction cell, so the normal cell plays no part.
    """
    return Network(genotype, nn.Identity(), task.image_shape[0], TINY_CHANNELS, layers=1, outputs=task.outputs)


def full(genotype: Genotype, task: Task, channels: int, layers: int) -> Network:
    """Return the usual network for small images: a convolution to three times ``channels``, then ``layers`` cells."""
    stem = ConvBN(task.image_shape[0], 3 * channels)
    return Network(genotype, stem, 3 * channels, channels, layers, task.outputs)


def _projection(inputs: int, outputs: int) -> ReLUConvBN:
    return ReLUConvBN(inputs, outputs, kernel=1)
