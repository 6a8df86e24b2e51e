"""The encoder of TransNAS-Bench-101 (arXiv 2105.11871, section 3): a stem, then modules of two blocks each."""

from collections import OrderedDict
from collections.abc import Callable, Mapping

from torch import Tensor, nn

from benchmarks.layers import FactorizedReduce, ReLUConvBN, SumCell
from benchmarks.tnb101.strings import CONV_1X1, CONV_3X3, DOUBLING, HALVING, IDENTITY, Architecture, Cell

STEM_HALVINGS = 2
BLOCKS = 2  # a module; the first one changes channels and size

# Operation by digit, given the channels of its input and output and its stride. Zero is the edge that is not there.
OPERATIONS: Mapping[int, Callable[[int, int, int], nn.Module]] = {
    IDENTITY: lambda inputs, outputs, stride: nn.Identity() if stride == 1 else FactorizedReduce(inputs, outputs),
    CONV_1X1: lambda inputs, outputs, stride: ReLUConvBN(inputs, outputs, 1, stride),
    CONV_3X3: lambda inputs, outputs, stride: ReLUConvBN(inputs, outputs, 3, stride),
}


class BasicBlock(nn.Module):
    """Two 3x3 ReLUConvBN around a shortcut, which is a 1x1 convolution and batch norm where the shape changes."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(ReLUConvBN(inputs, outputs, 3, stride), ReLUConvBN(outputs, outputs, 3))
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, images: Tensor) -> Tensor:
        """Return [B, outputs, H / stride, W / stride]."""
        return self.shortcut(images) + self.body(images)


class Zeros(nn.Module):
    """Zeros of the shape that an operation with ``outputs`` channels and ``stride`` would give."""

    def __init__(self, outputs: int, stride: int) -> None:
        super().__init__()
        self.outputs, self.stride = outputs, stride

    def forward(self, images: Tensor) -> Tensor:
        """Return [B, outputs, H / stride, W / stride], rounded up as by a convolution."""
        batch, _, height, width = images.shape
        return images.new_zeros(batch, self.outputs, -(-height // self.stride), -(-width // self.stride))


def encoder(architecture: Architecture, channels: int) -> tuple[nn.Sequential, int, int]:
    """Return the encoder, the channels of its features, and how often it halves height and width.

    ``channels`` is how many the stem leaves. Its parts are ``stem`` and ``stages``; it maps images [B, 3, H, W] to
    features.
    """
    stem = nn.Sequential(
        nn.Conv2d(3, channels // 2, kernel_size=3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(channels // 2),
        ReLUConvBN(channels // 2, channels, 3, stride=2),
    )
    halvings = STEM_HALVINGS
    stages = nn.Sequential()
    for digit in architecture.modules:
        inputs, stride = channels, 2 if digit in HALVING else 1
        channels *= 2 if digit in DOUBLING else 1
        halvings += digit in HALVING
        first = _block(architecture.cell, inputs, channels, stride)
        others = [_block(architecture.cell, channels, channels, 1) for _ in range(BLOCKS - 1)]
        stages.append(nn.Sequential(first, *others))
    return nn.Sequential(OrderedDict(stem=stem, stages=stages)), channels, halvings


def _block(cell: Cell | None, inputs: int, outputs: int, stride: int) -> nn.Module:
    if cell is None:
        return BasicBlock(inputs, outputs, stride)
    return SumCell([_edges(node, inputs, outputs, stride) for node in cell])


def _edges(digits: tuple[int, ...], inputs: int, outputs: int, stride: int) -> dict[int, nn.Module]:
    """Return the edges into a node; those from node 0, the input, carry the change of channels and size."""
    edges = {
        source: OPERATIONS[digit](inputs, outputs, stride) if source == 0 else OPERATIONS[digit](outputs, outputs, 1)
        for source, digit in enumerate(digits)
        if digit in OPERATIONS
    }
    # A node without edges is zeros like every other node, and not like node 0 as in `SumCell`.
    return edges or {0: Zeros(outputs, stride)}
