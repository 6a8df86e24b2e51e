"""What a proxy is, and the registry of all of them.

*Measured* proxies are functions of a `Probe`: one number for one network. *Derived* proxies are functions of
the values of other proxies over a set of networks; they are computed when needed and never stored.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import signature
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from proxies.errors import UndefinedError
from proxies.probe import Probe
from proxies.registry import Registry

Values = NDArray[np.float64]
Need = Literal["images", "labels"]


@dataclass(frozen=True)
class Score:
    """The outcome of one proxy on one network: ``value`` is NaN and ``reason`` set unless ``status`` is "ok".

    ``seconds`` is the time of the proxy itself and of every pass that it reads, whoever asked for it first.
    ``details`` holds further numbers that explain the value, such as SWAP's upper bound.
    """

    value: float
    status: str = "ok"
    reason: str = ""
    seconds: float = 0.0
    details: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """A proxy that is computed from a probe.

    ``reads`` names the quantities of the probe that ``function`` reads, so that one pass can serve several;
    ``version`` is raised whenever a value can change.
    """

    name: str
    function: Callable[[Probe], float | tuple[float, dict[str, float]]]
    higher_is_better: bool
    reads: tuple[str, ...]
    needs: tuple[Need, ...]
    min_batch: int
    version: int
    paper: str

    @property
    def work(self) -> str:
        """The name under which a probe keeps what this proxy cost and read."""
        return f"proxy {self.name}"

    def measure(self, probe: Probe) -> Score:
        """Return the score of ``probe``; an undefined quantity becomes a status and a reason."""
        if len(probe.images) < self.min_batch:
            return Score(math.nan, "not_applicable", f"{self.name} needs at least {self.min_batch} images")
        status, reason = "ok", ""
        with probe.measured(self.work):
            try:
                result = self.function(probe)
            except UndefinedError as error:
                result, status, reason = math.nan, error.status, str(error)
        value, details = result if isinstance(result, tuple) else (result, {})
        if status == "ok" and not math.isfinite(value):
            value, status, reason = math.nan, "non_finite", f"{self.name} is {value}"
        return Score(float(value), status, reason, probe.seconds(self.work), details)


@dataclass(frozen=True)
class Derived:
    """A proxy that is computed from the values of the proxies ``of`` over a set of networks.

    ``function`` takes one float64 array [n] for each of them, and its parameters by keyword; NaN stands for a
    score that failed. ``pointwise`` says that a network's value does not depend on the others in the set.
    """

    name: str
    function: Callable[..., Values]
    higher_is_better: bool
    of: tuple[str, ...]
    pointwise: bool
    version: int
    paper: str

    def parameters(self) -> dict[str, float]:
        """Return the keyword parameters of ``function`` with their defaults."""
        keywords = [p for p in signature(self.function).parameters.values() if p.kind is p.KEYWORD_ONLY]
        return {keyword.name: keyword.default for keyword in keywords}


Proxy = Measured | Derived
PROXIES: Registry[Proxy] = Registry("proxy", "zcbench.proxies")


def measured(
    name: str,
    *,
    higher_is_better: bool = True,
    reads: tuple[str, ...] = (),
    needs: tuple[Need, ...] = (),
    min_batch: int = 1,
    version: int = 1,
    paper: str,
) -> Callable[[Callable[[Probe], float | tuple[float, dict[str, float]]]], Measured]:
    """Declare a function of a probe as the proxy ``name``; see `Measured` for the fields."""

    def declare(function: Callable[[Probe], float | tuple[float, dict[str, float]]]) -> Measured:
        proxy = Measured(name, function, higher_is_better, reads, needs, min_batch, version, paper)
        PROXIES.register(name, proxy)
        return proxy

    return declare


def derived(
    name: str,
    *,
    of: tuple[str, ...],
    pointwise: bool,
    higher_is_better: bool = True,
    version: int = 1,
    paper: str,
) -> Callable[[Callable[..., Values]], Derived]:
    """Declare a function of other proxies' values as the proxy ``name``; see `Derived` for the fields."""

    def declare(function: Callable[..., Values]) -> Derived:
        proxy = Derived(name, function, higher_is_better, of, pointwise, version, paper)
        PROXIES.register(name, proxy)
        return proxy

    return declare
