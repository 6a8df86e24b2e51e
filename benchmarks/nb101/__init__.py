"""NAS-Bench-101 (arXiv 1902.09635): 423,624 cells that are graphs of up to seven vertices, trained on CIFAR-10."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from torch import nn

from benchmarks.errors import BenchmarkError
from benchmarks.nb101 import cell, network, truth
from benchmarks.space import Defaults, Space, Truth
from benchmarks.tasks import CIFAR10, Task


@dataclass(frozen=True)
class NB101(Space):
    """The space with networks of ``channels`` channels at first and ``cells`` cells a stack (paper: 128 and 3)."""

    channels: int = 128
    cells: int = 3

    name: ClassVar[str] = "nb101"
    tasks: ClassVar[dict[str, Task]] = {CIFAR10.name: CIFAR10}
    defaults: ClassVar[Defaults] = Defaults(
        task="cifar10",
        target="valid",
        sample_size=200,
        why="200 architectures give a 95 % interval of about ±.1 on Spearman, at about two seconds each",
        parameters={"swap_reg": {"mu": 30_000.0, "sigma": 1e11}},
        parameters_note=(
            "(mu, sigma) were chosen on the accuracies of 400 cells outside the default sample; as 16 images give at "
            "most 65,536 patterns, which every second cell has, they do little more than rank those by size"
        ),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.channels < cell.MOST_VERTICES - 2 or self.cells < 1:
            raise BenchmarkError(
                f"nb101 needs at least {cell.MOST_VERTICES - 2} channels, one for each vertex that can feed the "
                f"output, and 1 cell, got {self.channels}, {self.cells}"
            )

    def build(self, architecture: str, task: str) -> nn.Module:
        """Return the network of ``architecture``, initialised as it was for training; see `Space.build`."""
        return network.build(cell.parse(architecture), self.tasks[task], self.channels, self.cells)

    def truth(self, data: Path) -> Truth:
        """Return the accuracies in % of the fetched or imported table, else of the 30,001 cells of a CSV file."""
        return truth.load(data)

    def canonical(self, architecture: str) -> str:
        """Return NAS-Bench-101's own graph hash (see `graph.module_hash`)."""
        return cell.module_hash(cell.parse(architecture))
