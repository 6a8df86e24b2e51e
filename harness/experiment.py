"""A planned matrix of runs (``conf/experiment``), and what of it the leaderboard lacks."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pandas as pd
from hydra import compose
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError  # type: ignore[import-untyped]

import conf
from benchmarks.errors import BenchmarkError
from harness.cli import settings
from harness.config import Config
from harness.errors import HarnessError
from harness.identity import as_json
from harness.plan import chosen_proxies, described_parts, make_space, proxy_parameters
from proxies.errors import ProxyError
from proxies.registry import look_up

EXPERIMENTS = Path(conf.__file__).parent / "experiment"


@dataclass(frozen=True)
class PlannedRun:
    """One run of a matrix, as the ``overrides`` that would follow ``python -m harness.correlate``."""

    overrides: tuple[str, ...]

    @property
    def command(self) -> str:
        """The command that does the run."""
        return f"python -m harness.correlate {shlex.join(self.overrides)}"

    def config(self) -> Config:
        """Return the settings of the run; Hydra must be initialised with the folder ``conf``."""
        return settings(compose("config", overrides=list(self.overrides)))


def planned_runs(experiment: str) -> list[PlannedRun]:
    """Return the runs of the matrix ``conf/experiment/{experiment}.yaml``, its sweeps multiplied out.

    Raises UnknownNameError if there is no such file, and HarnessError if it holds no plan.
    """
    path = look_up("experiment", experiment, {path.stem: path for path in EXPERIMENTS.glob("*.yaml")})
    parser = OverridesParser.create()
    try:
        return [
            PlannedRun(overrides)
            for line in OmegaConf.load(path).runs
            for overrides in product(*map(_choices, parser.parse_overrides(shlex.split(line))))
        ]
    except (YAMLError, OmegaConfBaseException, HydraException, ValueError, TypeError) as error:
        raise HarnessError(f"{path} must hold a list of runs, each a line of settings: {error}") from error


def _choices(override: Override) -> list[str]:
    """Return each single override that a sweep such as ``task=cifar10,cifar100`` stands for."""
    if not override.is_sweep_override():
        return [str(override.input_line)]
    return [f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()]


def wanted_rows(config: Config) -> pd.DataFrame:
    """Return what a run of ``config`` will be in the leaderboard, one row a proxy, as far as that needs no data.

    Not known before are which table and images there are: a row of the leaderboard with all these settings fills the
    place whatever they were. Raises a BenchmarkError, HarnessError or ProxyError if the run cannot be done.
    """
    space = make_space(config)
    defaults, proxies = space.defaults, chosen_proxies(config)
    parameters = proxy_parameters(config, proxies, space)
    shared = {
        "space": space.name,
        "network": as_json(space.options()),
        "task": config.task or defaults.task,
        "target": config.target or defaults.target,
        "n": config.sample.size or defaults.sample_size,
        "sample_seed": config.sample.seed,
        "merge_isomorphs": str(config.sample.merge_isomorphs),
        "scores_shared": str(config.share_scores),
        "inputs_name": config.inputs.source,
        "batch_size": config.inputs.batch_size or defaults.batch_size,
        "inputs_choice": config.inputs.choice,
        "inputs_seed": config.inputs.seed,
        "init": config.init.scheme or defaults.init,
        "init_repeats": config.init.repeats,
        "init_seed": config.seed,
    }
    rows = [
        {
            **shared,
            "proxy": name,
            "proxy_version": proxy.version,
            "formula": config.derived.get(name, ""),
            "parts": as_json(described_parts(name, proxies, config, parameters)),
            "parameters": as_json(parameters.get(name, {})),
        }
        for name, proxy in proxies.items()
    ]
    return pd.DataFrame(rows)


def lack(wanted: pd.DataFrame, board: pd.DataFrame | None) -> list[str]:
    """Return the proxies of ``wanted`` for which ``board`` has no row; without a board all are lacking."""
    if board is None:
        return wanted["proxy"].tolist()
    keys = wanted.columns.tolist()
    found = wanted.merge(board[keys].drop_duplicates(), on=keys, how="left", indicator=True)
    return found["proxy"][found["_merge"] == "left_only"].tolist()


def open_runs(experiment: str, board: pd.DataFrame | None) -> Iterator[tuple[PlannedRun, str]]:
    """Yield the runs of ``experiment`` that ``board`` lacks, with what it lacks, or why they cannot even be planned."""
    for run in planned_runs(experiment):
        try:
            proxies = lack(wanted_rows(run.config()), board)
        except (BenchmarkError, HarnessError, ProxyError, HydraException, OmegaConfBaseException) as error:
            yield run, str(error)
        else:
            if proxies:
                yield run, f"lacks {', '.join(proxies)}"


def failures_file(results: Path, experiment: str) -> Path:
    """Return the path of the JSON file that tells by command why runs of ``experiment`` failed."""
    return results / "failures" / f"{experiment}.json"


def read_failures(results: Path, experiment: str) -> dict[str, str]:
    """Return by command why runs of ``experiment`` failed when they were last tried."""
    path = failures_file(results, experiment)
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
    except (ValueError, TypeError) as error:
        raise HarnessError(f"{path} is damaged ({error}); delete it, the next `make matrix` writes it anew") from error
