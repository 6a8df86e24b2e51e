"""TransNAS-Bench-101 (arXiv 2105.11871): a space of cells and one of whole networks, trained for seven tasks."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from torch import nn

from benchmarks.errors import BenchmarkError
from benchmarks.space import Defaults, Space, Truth
from benchmarks.tasks import Task
from benchmarks.tnb101 import isomorphism, network, strings, truth
from benchmarks.tnb101.tasks import tasks

UNIT = 64  # pixels; the encoder with most halvings leaves one of them
# All photographs that are packaged. At this resolution 16 images exhaust the 2^16 patterns that SWAP can count: on 40
# macro architectures its rank correlation is .71 with 16 images and .90 with 20.
BATCH_SIZE = 20


@dataclass(frozen=True)
class _TNB101(Space):
    """What both spaces share.

    Networks have ``channels`` channels behind the stem, the 64 that the strings begin with, and are for images of
    ``image_size`` pixels in height and width (paper: 256).
    """

    channels: int = 64
    image_size: int = 256

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.channels < 2 or self.channels % 2:
            raise BenchmarkError(f"{self.name} needs an even number of channels, not {self.channels}")
        if self.image_size < UNIT or self.image_size % UNIT:
            raise BenchmarkError(f"{self.name} needs an image_size that is a multiple of {UNIT}, not {self.image_size}")

    @property
    def tasks(self) -> Mapping[str, Task]:
        """The seven tasks by name."""
        return tasks(self.image_size)

    @abstractmethod
    def parse(self, architecture: str) -> strings.Architecture:
        """Read an architecture string; raises BenchmarkError if it is not of this space."""

    def build(self, architecture: str, task: str) -> nn.Module:
        """Return the network of ``architecture`` with the head of ``task``; see `network.build`."""
        return network.build(self.parse(architecture), self.tasks[task], self.channels)


@dataclass(frozen=True)
class TNB101Micro(_TNB101):
    """4,096 cells in one stack of five modules."""

    name: ClassVar[str] = "tnb101_micro"
    defaults: ClassVar[Defaults] = Defaults(
        task="class_scene",
        target="valid_best",
        sample_size=200,
        why="200 architectures give a 95 % interval of about ±.1 on Spearman, at about three seconds each",
        batch_size=BATCH_SIZE,
        parameters={"swap_reg": {"mu": 25_000.0, "sigma": 1e9}},
        parameters_note=(
            "(mu, sigma) were chosen on the class_scene accuracies of the first 100 architectures of the default "
            "sample, so this is no untouched test; on the next 100 they gave .73 (swap .51, params .62)"
        ),
    )

    def parse(self, architecture: str) -> strings.Architecture:
        """Read a string such as 64-41414-1_02_333."""
        return strings.Architecture(strings.MICRO_MODULES, strings.parse_cell(architecture))

    def truth(self, data: Path) -> Truth:
        """Return the results after training; see `truth.load`."""
        return truth.load(self.name, strings.micro_architectures(), strings.MICRO_FORM, data)

    def canonical(self, architecture: str) -> str:
        """Return the key of one of 1,376 isomorphism classes; see `isomorphism.canonical`."""
        return isomorphism.canonical(strings.parse_cell(architecture))


@dataclass(frozen=True)
class TNB101Macro(_TNB101):
    """3,256 stacks of four to six modules of residual blocks; no two are isomorphic."""

    name: ClassVar[str] = "tnb101_macro"
    defaults: ClassVar[Defaults] = Defaults(
        task="class_scene",
        target="valid_best",
        sample_size=100,
        why="100 architectures take five to ten minutes on two cores, at about eight seconds each",
        batch_size=BATCH_SIZE,
        parameters={"swap_reg": {"mu": 20_000.0, "sigma": 3e9}},
        parameters_note=(
            "(mu, sigma) were chosen on the class_scene accuracies of 40 architectures of this space, "
            "so this is no untouched test"
        ),
    )

    def parse(self, architecture: str) -> strings.Architecture:
        """Read a string such as 64-1234-basic."""
        return strings.Architecture(strings.parse_modules(architecture), cell=None)

    def truth(self, data: Path) -> Truth:
        """Return the results after training; see `truth.load`."""
        return truth.load(self.name, strings.macro_architectures(), strings.MACRO_FORM, data)
