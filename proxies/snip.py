"""SNIP: what the loss would lose with each weight (Lee et al. 2019)."""

from proxies.probe import Probe
from proxies.proxy import measured


@measured(
    "snip",
    reads=("weight_gradients", "layer_weights"),
    needs=("images", "labels"),
    paper="Lee et al., SNIP, ICLR 2019, arXiv 1810.02340",
)
def snip(probe: Probe) -> float:
    """Sum over Conv2d and linear weights of |w · ∂L/∂w|, L the mean loss.

    That is |∂L/∂c| at c = 1 for a mask c on the weights, without building the mask.
    """
    weights = probe.layer_weights
    return sum((weights[name] * gradient).abs().sum().item() for name, gradient in probe.weight_gradients.items())
