"""The size of the weights at initialisation."""

from proxies.probe import Probe
from proxies.proxy import measured


@measured("l2_norm", reads=("layer_weights",), paper="Abdelfattah et al., Zero-Cost Proxies, arXiv 2101.08134")
def l2_norm(probe: Probe) -> float:
    """Sum over Conv2d and linear layers of the Euclidean norm of the weights: Σ_l ‖W_l‖₂."""
    return sum(weight.norm().item() for weight in probe.layer_weights.values())
