"""Named ways to re-initialise a network, beside the one that it was built with."""

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import init

from proxies.registry import look_up

# What each scheme does to the weights of convolution layers, transposed ones too, and of linear layers.
SCHEMES: Mapping[str, Callable[..., object]] = {
    "gaussian": init.normal_,  # N(0, 1), as Zen-NAS and SWAP-NAS use
    "kaiming_fan_in": partial(init.kaiming_normal_, mode="fan_in", nonlinearity="relu"),
    "kaiming_fan_out": partial(init.kaiming_normal_, mode="fan_out", nonlinearity="relu"),
}


def initialise(network: nn.Module, scheme: str, seed: int) -> None:
    """Draw the weights of all convolution layers, transposed ones too, and linear layers anew.

    Biases become 0, normalisation layers (1, 0).

    Raises UnknownNameError for a scheme that is not in `SCHEMES`.
    """
    drawn = draw_parameters(network, scheme, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        for name, value in drawn.items():
            network.get_parameter(name).copy_(value)


def draw_parameters(network: nn.Module, scheme: str, generator: torch.Generator) -> dict[str, Tensor]:
    """Return what ``scheme`` makes of the parameters of ``network``, by name; the network itself stays as it is.

    ``generator`` is one on the CPU, whatever the device of the network, so that every device gets the same weights.
    """
    draw = look_up("init scheme", scheme, SCHEMES)
    names = {id(value): name for name, value in network.named_parameters()}  # of a shared parameter there is one
    drawn: dict[str, Tensor] = {}
    for module in network.modules():
        for kind, value in module.named_parameters(recurse=False):
            if isinstance(module, nn.modules.conv._ConvNd | nn.Linear):
                fresh = torch.zeros(value.shape, dtype=value.dtype)
                if kind == "weight":
                    draw(fresh, generator=generator)
                drawn[names[id(value)]] = fresh.to(value.device)
            elif isinstance(module, nn.modules.batchnorm._BatchNorm | nn.GroupNorm | nn.LayerNorm):
                drawn[names[id(value)]] = torch.full_like(value.detach(), float(kind == "weight"))
    return drawn
