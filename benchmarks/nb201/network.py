"""The network that NAS-Bench-201 stacks from a cell (arXiv 2001.00326, section 2.1)."""

from collections import OrderedDict
from collections.abc import Callable, Mapping

from torch import nn

from benchmarks.layers import ClassificationHead, ConvBN, ReLUConvBN, ResidualBlock, SumCell
from benchmarks.nb201.cell import Genotype
from benchmarks.tasks import Task

STAGES = 3

# Operation by name, given its channels. ``none`` is missing on purpose: it is the edge that is not there.
OPERATIONS: Mapping[str, Callable[[int], nn.Module]] = {
    "skip_connect": lambda channels: nn.Identity(),
    "nor_conv_1x1": lambda channels: ReLUConvBN(channels, channels, kernel=1),
    "nor_conv_3x3": lambda channels: ReLUConvBN(channels, channels, kernel=3),
    "avg_pool_3x3": lambda channels: nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
}


def build(genotype: Genotype, task: Task, channels: int, cells: int) -> nn.Sequential:
    """Return the network with ``cells`` cells in each of three stages, of ``channels``, 2x and 4x that many.

    It maps images [B, C, H, W] to logits [B, task.outputs]. Its parts are ``stem``, ``cells`` (the features
    [B, 4 * channels, H / 4, W / 4]) and ``head``, which begins with the last batch norm and ReLU.
    """
    width = channels
    body: list[nn.Module] = []
    for stage in range(STAGES):
        if stage > 0:
            body.append(ResidualBlock(width, 2 * width))
            width *= 2
        body += [_cell(genotype, width) for _ in range(cells)]
    stem = ConvBN(task.image_shape[0], channels)
    head = ClassificationHead(width, task.outputs)
    return nn.Sequential(OrderedDict(stem=stem, cells=nn.Sequential(*body), head=head))


def _cell(genotype: Genotype, channels: int) -> SumCell:
    return SumCell(
        [
            {source: OPERATIONS[name](channels) for source, name in enumerate(edges) if name in OPERATIONS}
            for edges in genotype
        ]
    )
