"""What the bench measures on: networks of NAS-Bench-201 with noise, and how it takes times.

A ratio is the median over repeats of two times that were taken one after the other, so that a busy machine slows both.
No time depends on what the images show.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.inputs import load
from benchmarks.nb201 import NB201
from benchmarks.space import Space
from harness.scoring import Setting
from proxies.evaluation import measured_proxies, shared_probe
from proxies.passes import seeded

CPU = torch.device("cpu")
LARGEST = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
# The network of 802,426 parameters.
MIDDLING = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"
# The proxies of the SWAP paper but TE-NAS, which has a measure of its own.
SUITE = (
    *("swap", "swap_reg", "epe_nas", "fisher", "flops", "grad_norm", "grasp", "jacov", "l2_norm", "nwot", "params"),
    *("plain", "snip", "synflow", "zen", "zico"),
)


@dataclass(frozen=True)
class Case:
    """A NAS-Bench-201 network for CIFAR-10 and a batch."""

    network: nn.Module
    images: Tensor
    labels: Tensor

    def score(self, names: Sequence[str]) -> None:
        """Score the network with ``names`` in a fresh probe that they share."""
        proxies = measured_proxies(names)
        probe = shared_probe(self.network, self.images, self.labels, proxies)
        for proxy in proxies:
            proxy.measure(probe)

    def loss(self) -> Tensor:
        """Run the network and return its loss, ready for differentiation."""
        return F.cross_entropy(self.network(self.images), self.labels)

    def forward_and_backward(self) -> None:
        """Compute the gradient of the loss by all parameters."""
        torch.autograd.grad(self.loss(), list(self.network.parameters()))

    def forward(self) -> None:
        """Run the network without a graph."""
        with torch.no_grad():
            self.network(self.images)


def case(architecture: str, batch: int) -> Case:
    """Return the network of ``architecture`` with ``batch`` noise images."""
    with seeded(0, CPU):
        network = NB201().build(architecture, "cifar10")
        return Case(network, torch.randn(batch, 3, 32, 32), torch.arange(batch) % 10)


def noise_setting(space: Space) -> Setting:
    """Return the setting of ``space`` with the task, the initialisation and the batch size of its defaults."""
    defaults = space.defaults
    batch = load("noise", space.tasks[defaults.task], defaults.batch_size, "first", 0, Path())
    return Setting(space, defaults.task, batch, defaults.init, 0, "cpu")


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratio(work: Callable[[], object], unit: Callable[[], object], repeats: int) -> float:
    """Return the median ratio of the times of two works, after one run of each to warm up."""
    unit(), work()
    return statistics.median(seconds(work) / seconds(unit) for _ in range(repeats))
