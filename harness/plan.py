"""Turn the settings of a run into what it will do, and refuse what cannot be done before anything is written."""

import platform
import subprocess
from collections import ChainMap
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import pandas as pd
import torch

from benchmarks.inputs import Choice, load
from benchmarks.space import Space, Truth, sample
from harness.config import DEFAULT_DATA, Config
from harness.errors import HarnessError
from harness.plugins import SPACES
from harness.scoring import FAILED, LOST, Item, Setting
from proxies import PROXIES
from proxies.evaluation import measured_proxies, resolve_parameters
from proxies.expression import derive_expression
from proxies.initialisation import SCHEMES
from proxies.proxy import Derived, Measured, Proxy
from proxies.registry import look_up


@dataclass(frozen=True)
class Plan:
    """A run with every default filled in.

    ``proxies`` are those of the run by name, also the user's own; ``accuracy`` holds the trained results of the sampled
    architectures.
    """

    config: Config
    proxies: dict[str, Proxy]
    setting: Setting
    target: str
    truth: Truth
    population: int
    accuracy: "pd.Series[float]"
    parameters: dict[str, dict[str, float]]
    run_dir: Path

    @property
    def known(self) -> Mapping[str, Proxy]:
        """All proxies by name, the user's own among them."""
        return ChainMap(self.proxies, cast(MutableMapping[str, Proxy], PROXIES))

    def measured(self, *names: str) -> list[Measured]:
        """Return the measured proxies that ``names``, or all proxies of the run, are made of."""
        return measured_proxies(names or self.proxies, self.known)

    @property
    def architectures(self) -> list[str]:
        """The sampled architectures in the order of the draw."""
        return list(self.accuracy.index)

    def representatives(self) -> dict[str, str]:
        """Return for each sampled architecture the one that is scored for it; itself, unless scores are shared."""
        share = self.config.share_scores
        return {name: self.setting.space.representative(name) if share else name for name in self.architectures}

    def items(self) -> list[Item]:
        """Return all the work of the run, as if nothing were done yet."""
        names = tuple(proxy.name for proxy in self.measured())
        repeats = range(self.config.init.repeats)
        scored = dict.fromkeys(self.representatives().values())
        return [Item(architecture, repeat, names) for architecture in scored for repeat in repeats]

    def sentence(self) -> str:
        """Return the protocol in one line, for the foot of a figure."""
        config, setting = self.config, self.setting
        return (
            f"{setting.space.name}/{setting.task}/{self.target}; {len(self.accuracy)} of {self.population} "
            f"architectures (seed {config.sample.seed}); {setting.batch.source}; {setting.init} init, "
            f"{config.init.repeats} repeat(s), seed {setting.seed}; truth: {self.truth.source}"
        )

    def caveats(self) -> list[str]:
        """Return what a reader must know before believing the numbers."""
        recommended = self.setting.space.defaults
        tuned = [name for name in self.parameters if self.parameters[name] == recommended.parameters.get(name)]
        notes = [f"{name}: {recommended.parameters_note}" for name in tuned if recommended.parameters_note]
        if not self.config.target and self.target != recommended.target:
            notes.append(f"the table lacks the recommended target '{recommended.target}': '{self.target}' is used")
        return [note for note in (self.setting.batch.note, *notes) if note]

    def protocol(self) -> dict[str, Any]:
        """Return everything that a reader needs to know to judge or repeat the numbers."""
        config, setting, truth = self.config, self.setting, self.truth
        return {
            "space": setting.space.name,
            "network": setting.space.options(),
            "task": setting.task,
            "target": self.target,
            "truth": {"source": truth.source, "sha256": truth.sha256, "licence": truth.licence, "note": truth.note},
            "sample": {
                "size": len(self.accuracy),
                "seed": config.sample.seed,
                "merge_isomorphs": config.sample.merge_isomorphs,
                "population": self.population,
                "why_this_size": "" if config.sample.size else setting.space.defaults.why,
                "scores_shared": config.share_scores,
                "networks_scored": len(set(self.representatives().values())),
            },
            "inputs": {
                "name": config.inputs.source,
                "source": setting.batch.source,
                "batch_size": len(setting.batch.images),
                "choice": config.inputs.choice,
                "seed": config.inputs.seed,
                "sha256": setting.batch.sha256,
            },
            "init": {"scheme": setting.init, "repeats": config.init.repeats, "seed": setting.seed},
            "mode": "train (batch norm uses the statistics of the batch)",
            "device": setting.device,
            "dtype": setting.key()["dtype"],
            "proxies": {name: proxy.version for name, proxy in self.proxies.items()},
            "derived": dict(config.derived),
            "parts": {
                name: {part.name: part.version for part in self.measured(name)}
                for name, proxy in self.proxies.items()
                if isinstance(proxy, Derived)
            },
            "parameters": self.parameters,
            "failed": "left out; the columns that end in failed_last rank them last instead",
            "interval": {
                "method": "percentile bootstrap over architectures",
                "confidence": config.stats.confidence,
                "resamples": config.stats.resamples,
            },
            "versions": {"python": platform.python_version(), **{name: version(name) for name in ("torch", "zcbench")}},
            "git_commit": git_commit(),
            "caveats": self.caveats(),
        }


def make_plan(config: Config) -> Plan:
    """Return the plan for ``config``; raises a BenchmarkError, ProxyError or HarnessError if it cannot be done."""
    check_numbers(config)
    space = make_space(config)
    defaults = space.defaults
    task = look_up(f"task of {space.name}", config.task or defaults.task, space.tasks)
    data = data_folder(config)
    truth = space.truth(data)
    targets = truth.targets(task.name)
    # A table need not have the target that the space recommends; any that it has is better than an error.
    target = config.target or (defaults.target if defaults.target in targets else next(iter(targets), defaults.target))
    look_up(f"target of {space.name}/{task.name} in {truth.source}", target, dict.fromkeys(targets))
    values = truth.values(task.name, target)
    chosen = sample(
        values.index,
        config.sample.size or defaults.sample_size,
        config.sample.seed,
        space.canonical if config.sample.merge_isomorphs else None,
    )
    size = config.inputs.batch_size or defaults.batch_size
    folder = Path(config.inputs.path).expanduser() if config.inputs.path else data
    setting = Setting(
        space=space,
        task=task.name,
        batch=load(config.inputs.source, task, size, cast(Choice, config.inputs.choice), config.inputs.seed, folder),
        init=config.init.scheme or defaults.init,
        seed=config.seed,
        device=resolve_device(config.device),
    )
    if setting.init != "default":
        look_up("init scheme", setting.init, {"default": None, **SCHEMES})
    proxies = chosen_proxies(config)
    return Plan(
        config=config,
        proxies=proxies,
        setting=setting,
        target=target,
        truth=truth,
        population=len(values),
        accuracy=values.loc[chosen],
        parameters=proxy_parameters(config, proxies, space),
        run_dir=Path(config.run_dir) if config.run_dir else default_run_dir(config, setting, target),
    )


def check_numbers(config: Config) -> None:
    """Raise HarnessError for a number that no run can have, before it means something else further on."""
    least = {
        "sample.size": (config.sample.size, 1),
        "sample.seed": (config.sample.seed, 0),
        "inputs.batch_size": (config.inputs.batch_size, 1),
        "inputs.seed": (config.inputs.seed, 0),
        "init.repeats": (config.init.repeats, 1),
        "stats.resamples": (config.stats.resamples, 1),
    }
    for name, (value, minimum) in least.items():
        if value is not None and value < minimum:
            raise HarnessError(f"{name}={value} is less than {minimum}")
    if not 0 < config.stats.confidence < 1:
        raise HarnessError(f"stats.confidence={config.stats.confidence} is not between 0 and 1")
    if not config.proxies and not config.derived:
        raise HarnessError("proxies=[] leaves nothing to do; name some, such as proxies=[swap,params]")


def data_folder(config: Config) -> Path:
    """Return the folder of tables and images; raises HarnessError if the user named one that is not there."""
    data = Path(config.paths.data).expanduser()
    if config.paths.data != DEFAULT_DATA and not data.is_dir():
        raise HarnessError(f"the data folder {data} does not exist (paths.data or ZCBENCH_DATA)")
    return data


def make_space(config: Config) -> Space:
    """Return the space with its network options; raises HarnessError for an option that it does not have."""
    space_class = SPACES[config.space]
    try:
        return space_class(**config.network)
    except TypeError as error:
        raise HarnessError(f"network={config.network} does not fit space '{config.space}': {error}") from error


def chosen_proxies(config: Config) -> dict[str, Proxy]:
    """Return the proxies of the run by name: the chosen ones and those that the user defines."""
    own = {name: derive_expression(name, text) for name, text in config.derived.items()}
    return {name: PROXIES[name] for name in config.proxies} | own


def proxy_parameters(config: Config, proxies: Mapping[str, Proxy], space: Space) -> dict[str, dict[str, float]]:
    """Return the parameters of the derived proxies of the run: theirs, the space's, the user's, in rising rank."""
    for name in config.parameters:
        look_up("proxy in parameters", name, proxies)
    resolved = {}
    for name, proxy in proxies.items():
        if isinstance(proxy, Derived) and proxy.parameters():
            given = {**space.defaults.parameters.get(name, {}), **config.parameters.get(name, {})}
            resolved[name] = resolve_parameters(proxy, {name: given})
    return resolved


def resolve_device(device: str) -> str:
    """Return a device of torch; "auto" is CUDA where there is one."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise HarnessError(f"device={device} is not available: {str(error).splitlines()[0]}") from error
    return device


def default_run_dir(config: Config, setting: Setting, target: str) -> Path:
    """Return a folder named by what is in it, so that the same settings find their scores again."""
    task = setting.space.tasks[setting.task]
    images = task.images if config.inputs.source == "task" else config.inputs.source
    network = "".join(f"-{name}-{value}" for name, value in sorted(config.network.items()))
    protocol = (
        f"{images}-{len(setting.batch.images)}-{setting.init}-init-seed-{setting.seed}"
        f"-sample-{config.sample.seed}{network}"
    )
    return Path("results/runs", setting.space.name, setting.task, target, protocol)


def git_commit() -> str:
    """Return the commit of this code, with "+changes" if files differ from it, or "unknown" outside a checkout."""
    root = Path(__file__).resolve().parents[1]

    def git(*words: str) -> str:
        call = ["git", "-C", str(root), *words]
        return subprocess.run(call, capture_output=True, text=True, check=True).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != root:  # installed somewhere inside another project
            return "unknown"
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def missing(items: Sequence[Item], done: pd.DataFrame) -> list[Item]:
    """Return what of ``items`` has no row in ``done`` yet, or one of a failure that another try may mend."""
    done = done[~done["status"].isin([LOST, FAILED])]
    current = {proxy.name: proxy.version for item in items[:1] for proxy in measured_proxies(item.proxies)}
    have = {
        (architecture, repeat, proxy)
        for architecture, repeat, proxy, made in zip(
            done["architecture"], done["repeat"], done["proxy"], done["version"], strict=True
        )
        if current.get(proxy) == made
    }
    return [
        Item(item.architecture, item.repeat, lacking)
        for item in items
        if (lacking := tuple(name for name in item.proxies if (item.architecture, item.repeat, name) not in have))
    ]
