"""The networks of NATS-Bench's size space (arXiv 2009.00437): the best cell of its other space, in five widths."""

from collections import OrderedDict

from torch import nn

from benchmarks.layers import ClassificationHead, ConvBN, ReLUConvBN, ResidualBlock, SumCell
from benchmarks.nats_sss.channels import Channels
from benchmarks.tasks import Task


def build(channels: Channels, task: Task) -> nn.Sequential:
    """Return the network with ``channels`` after each of its five blocks: cell, residual block, cell, and so on.

    It maps images [B, C, H, W] to logits [B, task.outputs]. Its parts are ``stem``, ``cells`` (the features
    [B, channels[4], H / 4, W / 4]) and ``head``, which begins with the last batch norm and ReLU.
    """
    first, second, third, fourth, fifth = channels
    cells = nn.Sequential(
        _cell(first, first),
        ResidualBlock(first, second),
        _cell(second, third),
        ResidualBlock(third, fourth),
        _cell(fourth, fifth),
    )
    stem = ConvBN(task.image_shape[0], first)
    return nn.Sequential(OrderedDict(stem=stem, cells=cells, head=ClassificationHead(fifth, task.outputs)))


def _cell(inputs: int, outputs: int) -> SumCell:
    """Return the cell |nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|.

    The edges from node 0 carry the change of channels; a skip connection that does is a 1x1 convolution.
    """
    skip = nn.Identity() if inputs == outputs else ReLUConvBN(inputs, outputs, kernel=1)
    return SumCell(
        [
            {0: ReLUConvBN(inputs, outputs, kernel=3)},
            {0: ReLUConvBN(inputs, outputs, kernel=3), 1: ReLUConvBN(outputs, outputs, kernel=3)},
            {0: skip, 1: ReLUConvBN(outputs, outputs, kernel=3), 2: ReLUConvBN(outputs, outputs, kernel=3)},
        ]
    )
