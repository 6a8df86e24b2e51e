"""What a search space is: architectures as strings, the networks they stand for, and their trained accuracy."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from torch import nn

from benchmarks.errors import BenchmarkError
from benchmarks.tasks import Task


@dataclass(frozen=True)
class Defaults:
    """What a run in this space uses where the user names nothing.

    ``why`` gives the reason for the sample size; ``parameters`` are those of derived proxies, by proxy, and
    ``parameters_note`` says how they were chosen.
    """

    task: str
    target: str
    sample_size: int
    why: str
    init: str = "default"
    batch_size: int = 16
    parameters: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    parameters_note: str = ""


SPREAD = ":std"  # ends the name of a column that holds standard deviations over training seeds


@dataclass(frozen=True)
class Truth:
    """Trained results of a space.

    ``table`` is indexed by architecture string; its columns are called ``task/target`` (``cifar10/test``)
    and higher is better in all of them. Where several training seeds were averaged, ``task/target:std`` is their
    standard deviation (NaN for a single seed). ``source`` and ``sha256`` say where the numbers come from, ``licence``
    under which terms, ``note`` what a reader must know about them.
    """

    table: pd.DataFrame
    source: str
    sha256: str
    licence: str
    note: str = ""

    def targets(self, task: str) -> list[str]:
        """Names of the targets that the table has for ``task``."""
        columns = [column for column in self.table.columns if not column.endswith(SPREAD)]
        return [column.split("/", 1)[1] for column in columns if column.startswith(f"{task}/")]

    def values(self, task: str, target: str) -> "pd.Series[float]":
        """Trained results by architecture, without the architectures that have none."""
        if target not in self.targets(task):
            known = ", ".join(self.targets(task)) or "none"
            raise BenchmarkError(f"{self.source} has no target '{target}' for task '{task}'; it has: {known}")
        return self.table[f"{task}/{target}"].dropna()

    def spread(self, task: str, target: str) -> "pd.Series[float] | None":
        """Standard deviations over training seeds by architecture, or None where the table has none."""
        return self.table.get(f"{task}/{target}{SPREAD}")


@dataclass(frozen=True)
class Space(ABC):
    """A search space. Subclasses are frozen dataclasses; their fields are the network's options (width, depth)."""

    name: ClassVar[str]
    defaults: ClassVar[Defaults]

    def __post_init__(self) -> None:
        """Raise BenchmarkError for an integer option that is none; a subclass with checks of its own calls this first.

        Else networks would be the first to fail, each of them, in the middle of a run.
        """
        for option in fields(self):
            value = getattr(self, option.name)
            # Types of modules with postponed annotations are strings; true and false are int to isinstance.
            if option.type in (int, "int") and type(value) is not int:
                raise BenchmarkError(f"{self.name} needs an integer for {option.name}, not {value!r}")

    @property
    @abstractmethod
    def tasks(self) -> Mapping[str, Task]:
        """The tasks by name; they may depend on the options (a class attribute serves where they do not)."""

    def options(self) -> dict[str, object]:
        """Return the options of the network by name."""
        return asdict(self)

    @abstractmethod
    def build(self, architecture: str, task: str) -> nn.Module:
        """Return the network that was trained for ``task``, freshly initialised from torch's random state.

        Raises BenchmarkError if ``architecture`` is not one of this space.
        """

    @abstractmethod
    def truth(self, data: Path) -> Truth:
        """Return the trained results: from the folder ``data`` if it holds a table, else what a package ships."""

    def canonical(self, architecture: str) -> str:
        """Return a key that is equal for architectures that the benchmark calls isomorphic, and only for them."""
        return architecture

    def representative(self, architecture: str) -> str:
        """Return one architecture for all that build the same network, up to the order of its parts.

        Their scores have the same distribution, so that one of them can be scored for all.
        """
        return architecture


def sample(
    architectures: Iterable[str],
    size: int,
    seed: int,
    canonical: Callable[[str], str] | None = None,
) -> list[str]:
    """Draw ``size`` distinct architectures, uniformly, without replacement.

    The draw depends on the set of architectures and on ``seed`` alone, and a smaller sample is the beginning
    of a larger one, so that enlarging a run reuses its scores. With ``canonical`` only the first drawn member
    of each isomorphism class is kept. Raises BenchmarkError if there are fewer than ``size``.
    """
    pool = sorted(architectures)
    chosen: list[str] = []
    seen: set[str] = set()
    for index in np.random.default_rng(seed).permutation(len(pool)):
        key = canonical(pool[index]) if canonical else pool[index]
        if key not in seen:
            seen.add(key)
            chosen.append(pool[index])
        if len(chosen) == size:
            return chosen
    kind = "isomorphism classes" if canonical else "architectures"
    raise BenchmarkError(f"sample.size={size} is larger than the {len(chosen)} {kind} that have a trained result")
