"""NAS-Bench-201 (arXiv 2001.00326): 15,625 cells of four nodes, trained for three image classification tasks."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from torch import nn

from benchmarks.errors import BenchmarkError
from benchmarks.nb201 import cell, network, truth
from benchmarks.space import Defaults, Space, Truth
from benchmarks.tasks import CIFAR10, CIFAR100, IMAGENET16_120, Task


@dataclass(frozen=True)
class NB201(Space):
    """The space with networks of ``channels`` channels at first and ``cells`` cells a stage (paper: 16 and 5)."""

    channels: int = 16
    cells: int = 5

    name: ClassVar[str] = "nb201"
    tasks: ClassVar[dict[str, Task]] = {task.name: task for task in (CIFAR10, CIFAR100, IMAGENET16_120)}
    defaults: ClassVar[Defaults] = Defaults(
        task="cifar10",
        target="test",
        sample_size=300,
        why="300 architectures give a 95 % interval of about ±.05 on Spearman, in a few minutes on two cores",
        parameters={"swap_reg": {"mu": 900.0, "sigma": 1e6}},
        parameters_note="(mu, sigma) were chosen on accuracies of this space, so this is no untouched test",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.channels < 1 or self.cells < 1:
            raise BenchmarkError(f"nb201 needs channels and cells of at least 1, got {self.channels}, {self.cells}")

    def build(self, architecture: str, task: str) -> nn.Module:
        """Return the network of ``architecture``, initialised by PyTorch's defaults; see `Space.build`."""
        return network.build(cell.parse(architecture), self.tasks[task], self.channels, self.cells)

    def truth(self, data: Path) -> Truth:
        """Return accuracies in % after 200 epochs, or retrained ones where ``data`` has no table."""
        return truth.load(data)

    def canonical(self, architecture: str) -> str:
        """Return NAS-Bench-201's isomorphism key, which has 6,466 values (see `cell.unique_string`)."""
        return cell.unique_string(cell.parse(architecture))

    def representative(self, architecture: str) -> str:
        """Return the cell that builds the same network (see `cell.representatives`)."""
        return cell.representatives()[architecture]
