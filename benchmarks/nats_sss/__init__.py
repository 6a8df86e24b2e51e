"""NATS-Bench's size space (arXiv 2009.00437): one cell in networks of 32,768 widths, for three image tasks."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from torch import nn

from benchmarks.nats_sss import channels, network, truth
from benchmarks.space import Defaults, Space, Truth
from benchmarks.tasks import CIFAR10, CIFAR100, IMAGENET16_120, Task


@dataclass(frozen=True)
class NatsSizes(Space):
    """The space; its networks have no options, because their widths are the architecture."""

    name: ClassVar[str] = "nats_sss"
    tasks: ClassVar[dict[str, Task]] = {task.name: task for task in (CIFAR10, CIFAR100, IMAGENET16_120)}
    defaults: ClassVar[Defaults] = Defaults(
        task="cifar10",
        target="test",
        sample_size=1000,
        why="1,000 architectures give a 95 % interval of about ±.03 on Spearman, in a few minutes on two cores",
        parameters={"swap_reg": {"mu": 650.0, "sigma": 1e4}},
        parameters_note=(
            "(mu, sigma) were chosen on the accuracies of 500 architectures outside the default sample; mu is the size "
            "of the largest networks, so that the number of parameters decides"
        ),
    )

    def build(self, architecture: str, task: str) -> nn.Module:
        """Return the network of ``architecture``, initialised by PyTorch's defaults; see `Space.build`."""
        return network.build(channels.parse(architecture), self.tasks[task])

    def truth(self, data: Path) -> Truth:
        """Return test accuracies in % after 90 epochs."""
        return truth.load(data)
