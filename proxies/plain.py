"""The signed sum of weight times gradient."""

from proxies.probe import Probe
from proxies.proxy import measured


@measured(
    "plain",
    reads=("weight_gradients", "layer_weights"),
    needs=("images", "labels"),
    paper="Abdelfattah et al., Zero-Cost Proxies, arXiv 2101.08134",
)
def plain(probe: Probe) -> float:
    """Sum over Conv2d and linear weights of w · ∂L/∂w, with its sign, L the mean loss. Train mode.

    Under batch norm a weight's scale does not matter, so that the sum of a layer in front of it is zero but for
    rounding and the norm's ε: what is left comes from the last layers. The published scores are noise as well.
    """
    weights = probe.layer_weights
    return sum((weights[name] * gradient).sum().item() for name, gradient in probe.weight_gradients.items())
