"""The networks of TransNAS-Bench-101: an encoder and the head of a task (arXiv 2105.11871, section 3 and appendix)."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from benchmarks.tasks import Task
from benchmarks.tnb101.encoder import encoder
from benchmarks.tnb101.heads import HEADS
from benchmarks.tnb101.strings import Architecture


class TileEncoder(nn.Module):
    """Applies one encoder to every tile of an image and concatenates the features of the tiles."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, tiles: Tensor) -> Tensor:
        """Map tiles [B, T, 3, H, W] to features [B, T * C, h, w]; batch norm sees all tiles of the batch at once."""
        features = self.encoder(tiles.flatten(0, 1))
        return features.unflatten(0, tiles.shape[:2]).flatten(1, 2)


def build(architecture: Architecture, task: Task, channels: int) -> nn.Sequential:
    """Return the network of ``architecture`` for ``task``, with ``channels`` channels behind the stem.

    Its parts are ``encoder`` and ``head``.
    Convolutions are initialised as in the benchmark, normally distributed by their fan-out (He et al. 2015), other
    layers by PyTorch's defaults.
    """
    device = torch.get_default_device()
    with torch.device("meta"):  # without weights, which would be drawn twice
        body, width, halvings = encoder(architecture, channels)
        tiles = task.grid**2
        head = HEADS[task.name](tiles * width, halvings, task.outputs)
        network = nn.Sequential(OrderedDict(encoder=TileEncoder(body) if tiles > 1 else body, head=head))
    network.to_empty(device=device)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d | nn.ConvTranspose2d | nn.Linear):
            module.reset_parameters()
    return network
