"""Plain convolutional networks, described by their width and depth."""

from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import pandas as pd
from torch import nn

from benchmarks.errors import BenchmarkError
from benchmarks.space import Defaults, Space, Truth
from benchmarks.tasks import CIFAR10, Task

WIDTHS = (4, 8, 16)
DEPTHS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Toy(Space):
    """Architectures are strings such as ``8x3``: width 8, depth 3."""

    name: ClassVar[str] = "toy"
    tasks: ClassVar[dict[str, Task]] = {CIFAR10.name: CIFAR10}
    defaults: ClassVar[Defaults] = Defaults(task="cifar10", target="test", sample_size=12, why="the whole space")

    def build(self, architecture: str, task: str) -> nn.Module:
        """Return ``depth`` convolutions of ``width`` channels and a linear classifier."""
        try:
            width, depth = map(int, architecture.split("x"))
        except ValueError as error:
            raise BenchmarkError(f"'{architecture}' is not of the form WIDTHxDEPTH") from error
        channels = [self.tasks[task].image_shape[0]] + [width] * depth
        layers = [
            layer
            for inputs, outputs in pairwise(channels)
            for layer in (nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU())
        ]
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, self.tasks[task].outputs))

    def truth(self, data: Path) -> Truth:
        """Return made-up results that grow with width and depth."""
        results = {f"{width}x{depth}": 50.0 + width + 5 * depth for width in WIDTHS for depth in DEPTHS}
        table = pd.DataFrame({"cifar10/test": pd.Series(results)})
        return Truth(table, "made up", sha256(table.to_csv().encode()).hexdigest(), "none needed", "an example")
