"""Score architectures: from a name to a network to the rows of the store."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import current_process
from typing import Any

import pandas as pd
import torch

from benchmarks.inputs import Batch
from benchmarks.space import Space
from harness.seeds import derive_seed
from harness.store import FAILED, LOST, MENDABLE
from proxies.errors import is_lack_of_memory
from proxies.evaluation import measured_proxies, shared_probe
from proxies.initialisation import initialise
from proxies.passes import seeded
from proxies.probe import Probe
from proxies.proxy import Measured, Score


@dataclass(frozen=True)
class Setting:
    """Everything but the architecture that a score depends on."""

    space: Space
    task: str
    batch: Batch
    init: str
    seed: int
    device: str

    def key(self) -> dict[str, Any]:
        """Return the columns of the store that are the same for all architectures."""
        return {
            "space": self.space.name,
            "network": json.dumps(self.space.options(), sort_keys=True),
            "task": self.task,
            "init": self.init,
            "seed": self.seed,
            "batch": self.batch.sha256,
            "dtype": str(self.batch.images.dtype).removeprefix("torch."),
            "device": torch.device(self.device).type,
        }


@dataclass(frozen=True)
class Item:
    """One piece of work: the measured ``proxies`` of one architecture at one initialisation."""

    architecture: str
    repeat: int
    proxies: tuple[str, ...]


def current(rows: pd.DataFrame, proxies: Iterable[Measured]) -> pd.DataFrame:
    """Return those of ``rows`` that the present versions of ``proxies`` made."""
    versions = {proxy.name: proxy.version for proxy in proxies}
    return rows[rows["version"] == rows["proxy"].map(versions)]


def missing(items: Sequence[Item], rows: pd.DataFrame) -> list[Item]:
    """Return what of ``items`` has no row in ``rows`` yet, or one of a failure that another try may mend."""
    names = dict.fromkeys(name for item in items for name in item.proxies)
    done = current(rows[~rows["status"].isin(MENDABLE)], measured_proxies(names))
    have = set(zip(done["architecture"], done["repeat"], done["proxy"], strict=True))
    return [
        Item(item.architecture, item.repeat, lacking)
        for item in items
        if (lacking := tuple(name for name in item.proxies if (item.architecture, item.repeat, name) not in have))
    ]


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch to one thread: sums then have one order, and a parallel run equals a serial one bit for bit."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def build_probe(setting: Setting, item: Item) -> Probe:
    """Return the probe of one architecture, built and initialised from a seed of its own."""
    seed = derive_seed(setting.seed, setting.space.name, item.architecture, item.repeat)
    with seeded(seed, torch.device("cpu")):
        network = setting.space.build(item.architecture, setting.task)
    if setting.init != "default":
        initialise(network, setting.init, seed)
    device = own_device(setting.device)
    return shared_probe(
        network.to(device),
        setting.batch.images.to(device),
        setting.batch.labels.to(device),
        measured_proxies(item.proxies),
        loss=setting.space.tasks[setting.task].loss,
        seed=seed,
    )


def own_device(device: str) -> str:
    """Return the device of this process: of several GPUs the one that belongs to the number of the worker."""
    if device != "cuda":
        return device
    number = current_process().name.rpartition("-")[2]  # workers are called LokyProcess-1, LokyProcess-2, …
    return f"cuda:{int(number) % torch.cuda.device_count() if number.isdigit() else 0}"


def measure(probe: Probe, proxy: Measured) -> Score:
    """Return the score of one proxy; an exception of the proxy is its own failure, not that of its neighbours."""
    try:
        return proxy.measure(probe)
    except Exception as error:  # a proxy of somebody else may raise anything; the score keeps what it was
        return failure(error)


def failure(error: Exception) -> Score:
    """Return the failed score that tells ``error``."""
    hint = " (use a smaller inputs.batch_size or fewer workers)" if is_lack_of_memory(error) else ""
    return Score(math.nan, FAILED, f"{type(error).__name__}: {error}{hint}")


def score_item(setting: Setting, item: Item) -> list[dict[str, Any]]:
    """Return the rows of ``item``; whatever goes wrong becomes a row with a status and a reason."""
    proxies = measured_proxies(item.proxies)
    try:
        probe = build_probe(setting, item)
    except Exception as error:  # a space of somebody else may raise anything; the rows keep what it was
        scores = [failure(error)] * len(proxies)
    else:
        scores = [measure(probe, proxy) for proxy in proxies]
    return rows_of(setting, item, zip(proxies, scores, strict=True))


def lost_rows(setting: Setting, items: Sequence[Item], reason: str) -> list[dict[str, Any]]:
    """Return rows for ``items`` that were never finished; a later run scores them again."""
    score = Score(math.nan, LOST, reason)
    return [
        row
        for item in items
        for row in rows_of(setting, item, ((proxy, score) for proxy in measured_proxies(item.proxies)))
    ]


def rows_of(setting: Setting, item: Item, scores: Iterable[tuple[Measured, Score]]) -> list[dict[str, Any]]:
    """Return the rows of the store for the scores of one item."""
    return [
        {
            **setting.key(),
            "architecture": item.architecture,
            "proxy": proxy.name,
            "version": proxy.version,
            "repeat": item.repeat,
            "value": score.value,
            "status": score.status,
            "reason": score.reason,
            "seconds": score.seconds,
            "details": json.dumps(score.details, sort_keys=True),
        }
        for proxy, score in scores
    ]


def score_chunk(setting: Setting, items: Sequence[Item]) -> list[dict[str, Any]]:
    """Return the rows of several items, computed on one thread."""
    with one_thread():
        return [row for item in items for row in score_item(setting, item)]
