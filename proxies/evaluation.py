"""Apply proxies by name: to one network, or to the stored values of a set of networks."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from proxies.errors import NonFiniteError, NotApplicableError, ProxyError, UndefinedError
from proxies.probe import Probe
from proxies.proxy import PROXIES, Derived, Measured, Proxy, Score, Values
from proxies.registry import look_up

ERRORS = {error.status: error for error in (UndefinedError, NotApplicableError, NonFiniteError)}


def with_parts(names: Iterable[str], proxies: Mapping[str, Proxy] = PROXIES) -> dict[str, Proxy]:
    """Return the proxies ``names`` and all that they are made of, each after its parts; raises UnknownNameError.

    ``proxies`` may hold proxies of the caller's own beside the registered ones.
    """
    found: dict[str, Proxy] = {}
    for name in names:
        proxy = proxies[name]
        if isinstance(proxy, Derived):
            found |= with_parts(proxy.of, proxies)
        found[name] = proxy
    return found


def measured_proxies(names: Iterable[str], proxies: Mapping[str, Proxy] = PROXIES) -> list[Measured]:
    """Return the measured ones among `with_parts` of ``names``."""
    return [proxy for proxy in with_parts(names, proxies).values() if isinstance(proxy, Measured)]


def shared_probe(
    network: nn.Module,
    images: Tensor,
    labels: Tensor | None,
    proxies: Iterable[Measured],
    *,
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    seed: int = 0,
) -> Probe:
    """Return a probe that knows what ``proxies`` will read, so that they share its passes."""
    wanted = {quantity for proxy in proxies for quantity in proxy.reads}
    return Probe(network, images, labels, loss=loss, wanted=wanted, seed=seed)


def combine(
    name: str,
    values: Mapping[str, Values],
    parameters: Mapping[str, Mapping[str, float]],
    proxies: Mapping[str, Proxy] = PROXIES,
) -> Values:
    """Return the values of proxy ``name`` over a set of networks, given those of the measured proxies it needs.

    A network on which one of the proxies failed has no derived value, and takes no part where networks are ranked.

    Args:
        name: a proxy; a measured one is returned as it stands in ``values``.
        values: float64 arrays [n] by measured proxy, NaN where a score failed.
        parameters: keyword parameters of derived proxies by proxy name.
        proxies: the registered proxies, and possibly the caller's own.

    Raises:
        ProxyError: a parameter that the proxy does not have.
    """
    proxy = proxies[name]
    if isinstance(proxy, Measured):
        return values[name]
    parts = np.stack([combine(part, values, parameters, proxies) for part in proxy.of])
    parts[:, np.isnan(parts).any(axis=0)] = np.nan
    return proxy.function(*parts, **resolve_parameters(proxy, parameters))


def resolve_parameters(proxy: Proxy, parameters: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the parameters that ``proxy`` is computed with: its defaults, overridden by those given.

    Raises ProxyError for one that it does not have; a measured proxy has none.
    """
    known = proxy.parameters() if isinstance(proxy, Derived) else {}
    given = parameters.get(proxy.name, {})
    if unknown := ", ".join(sorted(given.keys() - known.keys())):
        raise ProxyError(f"proxy '{proxy.name}' has no parameter {unknown}; it has: {', '.join(known) or 'none'}")
    return {**known, **given}


def derive(
    scores: Mapping[str, Score], names: Sequence[str], parameters: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    """Return the value of each of ``names`` for one network; raises UndefinedError if one does not exist."""
    for name, score in scores.items():
        if score.status != "ok":
            raise ERRORS.get(score.status, UndefinedError)(f"{name}: {score.reason}")
    measured = {name: np.array([score.value]) for name, score in scores.items()}
    with np.errstate(all="ignore"):
        values = {name: float(combine(name, measured, parameters)[0]) for name in names}
    for name, value in values.items():
        if not math.isfinite(value):
            raise NonFiniteError(f"{name} is {value}, though what it is made of is finite")
    return values


def refuse_parameters(parameters: Mapping[str, Mapping[str, float]], proxies: Mapping[str, Proxy]) -> None:
    """Raise ProxyError if ``parameters`` names a proxy that is not among ``proxies``, or a parameter it lacks."""
    for name in parameters:
        resolve_parameters(look_up("proxy in parameters", name, proxies), parameters)


def refuse_rankings(names: Iterable[str]) -> None:
    """Raise ProxyError if one of ``names`` has no value for a network by itself."""
    for name in names:
        proxy = PROXIES[name]
        if isinstance(proxy, Derived) and not proxy.pointwise:
            raise ProxyError(f"proxy '{name}' ranks a set of networks; it has no value for a single one")
