"""Named ways to re-initialise a network, beside the one that it was built with."""

from collections.abc import Callable, Mapping
from functools import partial

from torch import nn
from torch.nn import init

from proxies.passes import seeded
from proxies.registry import look_up

# What each scheme does to the weights of convolution and linear layers.
SCHEMES: Mapping[str, Callable[..., object]] = {
    "gaussian": init.normal_,  # N(0, 1), as Zen-NAS and SWAP-NAS use
    "kaiming_fan_in": partial(init.kaiming_normal_, mode="fan_in", nonlinearity="relu"),
    "kaiming_fan_out": partial(init.kaiming_normal_, mode="fan_out", nonlinearity="relu"),
}


def initialise(network: nn.Module, scheme: str, seed: int) -> None:
    """Draw the weights of all convolution and linear layers anew; biases become 0, normalisation layers (1, 0).

    Raises UnknownNameError for a scheme that is not in `SCHEMES`.
    """
    draw = look_up("init scheme", scheme, SCHEMES)
    device = next(network.parameters()).device
    with seeded(seed, device):
        for module in network.modules():
            if isinstance(module, nn.modules.conv._ConvNd | nn.Linear):
                draw(module.weight)
                if module.bias is not None:
                    init.zeros_(module.bias)
            elif isinstance(module, nn.modules.batchnorm._BatchNorm | nn.GroupNorm | nn.LayerNorm):
                if module.weight is not None:
                    init.ones_(module.weight)
                if module.bias is not None:
                    init.zeros_(module.bias)
