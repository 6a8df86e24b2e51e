"""Zero-cost proxies: scores of untrained networks. `score` rates any network; `PROXIES` holds every proxy."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from importlib import import_module
from pkgutil import iter_modules

import torch.nn.functional as F
from torch import Tensor, nn

from proxies.evaluation import derive, measured_proxies, refuse_parameters, refuse_rankings, shared_probe
from proxies.initialisation import initialise
from proxies.proxy import PROXIES

__all__ = ["PROXIES", "score"]

# Every file of this folder may declare proxies: a new one needs no list to be extended.
for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def score(
    network: nn.Module,
    images: Tensor,
    labels: Tensor | None = None,
    names: Sequence[str] = ("swap",),
    *,
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    init: str | None = None,
    seed: int = 0,
    parameters: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, float]:
    """Score one untrained network with the proxies ``names``.

    Args:
        network: any module from images to outputs, used with the weights that it has and left as it was.
        images: float tensor [B, C, H, W] on the network's device.
        labels: second argument of ``loss``; needed by the proxies that read the loss.
        names: proxies, see `PROXIES`.
        loss: maps (outputs, labels) to a scalar, the mean over the batch.
        init: a scheme of `proxies.initialisation`: score a copy with newly drawn weights.
        seed: seed of that draw and of whatever is random in a pass.
        parameters: of derived proxies, by name: ``{"swap_reg": {"mu": 900, "sigma": 1e6}}``.

    Returns:
        The value of each proxy by name.

    Raises:
        UndefinedError: a score does not exist for this network, or is not finite; the text says which and why.
        ProxyError: an unknown name or parameter, parameters of a proxy that is not among ``names``, or a proxy that
            ranks a set and has no value for one network.

    Example:
        >>> import torch
        >>> network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
        >>> sorted(score(network, torch.randn(16, 3, 8, 8), names=("swap", "params")))
        ['params', 'swap']
    """
    refuse_rankings(names)
    given = parameters or {}
    refuse_parameters(given, {name: PROXIES[name] for name in names})
    if init is not None:
        network = deepcopy(network)
        initialise(network, init, seed)
    proxies = measured_proxies(names)
    probe = shared_probe(network, images, labels, proxies, loss=loss, seed=seed)
    scores = {proxy.name: proxy.measure(probe) for proxy in proxies}
    return derive(scores, names, given)
