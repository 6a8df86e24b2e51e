"""What more workers gain, and what more architectures cost."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import torch
from torch import nn

from benchmarks.errors import BenchmarkError
from benchmarks.nb201 import NB201, cell
from benchmarks.space import Defaults, Space, Truth, sample
from benchmarks.tasks import Task
from harness.bench.cases import noise_setting, seconds
from harness.bench.row import Row
from harness.scoring import Item, score_item
from harness.store import ScoreStore
from harness.workers import score_all


def worker_rows(_: int) -> Iterator[Row]:
    """Yield what a second worker gains, on 96 random networks."""
    space = NB201()
    items = [Item(name, 0, ("swap",)) for name in sample(cell.architectures(), 96, seed=0)]
    setting = noise_setting(space)

    def two_threads() -> None:
        torch.set_num_threads(2)
        for item in items:
            score_item(setting, item)
        torch.set_num_threads(1)

    score_afresh(space, items, 2)  # the processes stay, as they do in a long run
    two = seconds(lambda: score_afresh(space, items, 2))
    one = seconds(lambda: score_afresh(space, items, 1))
    yield Row("one worker, one thread", "two workers, one thread each", one / two, "at least", 1.8)
    yield Row("one process, two threads", "two workers, one thread each", seconds(two_threads) / two, "at least", 1)


def growth_rows(_: int) -> Iterator[Row]:
    """Yield the time per network as the number of networks grows, on networks that take next to none themselves."""
    score_tiny(100)
    each = {count: seconds(partial(score_tiny, count)) / count for count in (100, 1_000, 10_000)}
    for count, took in each.items():
        yield Row(f"overhead, {count:,} tiny networks", "milliseconds per network", 1000 * took)
    yield Row("time per network, 10,000 of them", "the same, 1,000 of them", each[10_000] / each[1_000], "at most", 1.2)


@dataclass(frozen=True)
class Tiny(Space):
    """Networks of one layer, called by numbers."""

    name: ClassVar[str] = "tiny"
    defaults: ClassVar[Defaults] = Defaults("noise", "none", 1, "", batch_size=4)
    tasks: ClassVar[Mapping[str, Task]] = {"noise": Task("noise", 2, (1, 4, 4), images="noise")}

    def build(self, architecture: str, task: str) -> nn.Module:
        """Return a network that differs from number to number in its weights only."""
        return nn.Sequential(nn.Flatten(), nn.Linear(16, 2), nn.ReLU())

    def truth(self, data: Path) -> Truth:
        """Raise BenchmarkError: nobody has trained them."""
        raise BenchmarkError("these networks were never trained")


def score_tiny(count: int) -> None:
    """Score ``count`` tiny networks with two workers, write the scores down, and read them again."""
    score_afresh(Tiny(), [Item(str(number), 0, ("swap",)) for number in range(count)], 2)


def score_afresh(space: Space, items: list[Item], workers: int) -> None:
    """Score ``items`` into a store of their own, and read it."""
    setting = noise_setting(space)
    with tempfile.TemporaryDirectory() as folder:
        store = ScoreStore(Path(folder))
        score_all(setting, items, workers, "loky", store)
        assert store.read(**setting.key())["status"].tolist() == ["ok"] * len(items)
