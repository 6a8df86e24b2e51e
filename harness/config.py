"""The settings of a run: their names, types and defaults. None stands for "what the space recommends"."""

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

DEFAULT_DATA = "data"  # need not exist, unlike a folder that the user names


@dataclass
class Sample:
    """Which architectures: ``size`` of them drawn by ``seed``, isomorphic ones merged or not."""

    size: int | None = None
    seed: int = 0
    merge_isomorphs: bool = False


@dataclass
class Inputs:
    """Which images: the ``first`` or ``random`` (by ``seed``) ``batch_size`` ones of ``source``."""

    source: str = "task"
    path: str | None = None  # the folder in which they lie; None: paths.data
    batch_size: int | None = None
    choice: str = "first"
    seed: int = 0


@dataclass
class Init:
    """How networks are initialised, and how often; the score is the mean over the ``repeats``."""

    scheme: str | None = None
    repeats: int = 1


@dataclass
class Shard:
    """Which part of the scoring: number ``index`` (from 0) of ``count``; a run with one shard then finds it done."""

    index: int = 0
    count: int = 1


@dataclass
class Stats:
    """Bootstrap ``resamples`` over architectures and the ``confidence`` of the intervals."""

    resamples: int = 1000
    confidence: float = 0.95


@dataclass
class Paths:
    """``data`` is the folder of tables and images; see the README for its layout."""

    data: str = f"${{oc.env:ZCBENCH_DATA,{DEFAULT_DATA}}}"


@dataclass
class Config:
    """All settings of ``python -m harness.correlate``."""

    space: str = "nb201"
    network: dict[str, Any] = field(default_factory=dict)  # options of the space's networks, such as cells: 1
    task: str | None = None
    target: str | None = None
    proxies: list[str] = field(default_factory=list)
    derived: dict[str, str] = field(default_factory=dict)  # proxies of your own: mine: rank(swap) + rank(zico)
    parameters: dict[str, dict[str, float]] = field(default_factory=dict)  # of derived proxies, by proxy
    sample: Sample = field(default_factory=Sample)
    inputs: Inputs = field(default_factory=Inputs)
    init: Init = field(default_factory=Init)
    stats: Stats = field(default_factory=Stats)
    seed: int = 0
    shard: Shard = field(default_factory=Shard)
    share_scores: bool = True  # score architectures that build the same network once
    device: str = "auto"
    workers: str = "auto"  # processes: a number, or one a core (one a GPU)
    backend: str = "loky"  # what runs the workers: loky on this machine, or the clusters of dask and ray
    paths: Paths = field(default_factory=Paths)
    run_dir: str | None = None


def register() -> None:
    """Make the schema known to Hydra, so that a typo or a wrong type fails with the field's name."""
    schema = OmegaConf.structured(Config)
    for free in ("network", "derived", "parameters"):  # their keys belong to spaces, users and proxies
        OmegaConf.set_struct(schema[free], False)
    ConfigStore.instance().store(name="base_config", node=schema)
