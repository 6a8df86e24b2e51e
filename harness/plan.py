"""Turn the settings of a run into what it will do, and refuse what cannot be done before anything is written."""

from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd
import torch

from benchmarks.inputs import Choice, load
from benchmarks.space import Space, Truth, sample
from harness.config import DEFAULT_DATA, Config
from harness.errors import HarnessError
from harness.plugins import SPACES
from harness.scoring import Item, Setting
from proxies import PROXIES
from proxies.evaluation import measured_proxies, refuse_parameters, resolve_parameters, with_parts
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

    @property
    def known(self) -> Mapping[str, Proxy]:
        """All proxies by name, the user's own among them."""
        return known_beside(self.proxies)

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
    """Return the proxies of the run by name: the chosen ones and those that the user defines.

    Raises HarnessError for a name that is a column of its own in the tables of a run.
    """
    chosen = {name: PROXIES[name] for name in config.proxies}
    for name, text in config.derived.items():
        chosen[name] = derive_expression(name, text, known_beside(chosen))
    if taken := chosen.keys() & {"architecture", "truth"}:
        raise HarnessError(f"no proxy can be called '{min(taken)}', which is another column of values.csv")
    return chosen


def known_beside(proxies: Mapping[str, Proxy]) -> Mapping[str, Proxy]:
    """Return all registered proxies by name, and ``proxies``, which may hold the user's own."""
    return ChainMap(cast(MutableMapping[str, Proxy], proxies), cast(MutableMapping[str, Proxy], PROXIES))


def described_parts(
    name: str, proxies: Mapping[str, Proxy], config: Config, parameters: Mapping[str, Mapping[str, float]]
) -> dict[str, Any]:
    """Return what proxy ``name`` of the run is made of: versions, and of derived parts all that can change them."""
    parts = {part: proxy for part, proxy in with_parts([name], known_beside(proxies)).items() if part != name}
    return {
        part: proxy.version
        if isinstance(proxy, Measured)
        else {
            "version": proxy.version,
            "formula": config.derived.get(part, ""),
            "parameters": dict(parameters.get(part, {})),
        }
        for part, proxy in parts.items()
    }


def proxy_parameters(config: Config, proxies: Mapping[str, Proxy], space: Space) -> dict[str, dict[str, float]]:
    """Return the parameters of the derived proxies of the run and of what these are made of.

    They are the proxy's own, the space's and the user's, in rising rank.
    """
    involved = with_parts(proxies, known_beside(proxies))
    refuse_parameters(config.parameters, involved)
    resolved = {}
    for name, proxy in involved.items():
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
