"""The size of the loss gradient."""

from proxies.probe import Probe
from proxies.proxy import measured


@measured(
    "grad_norm",
    reads=("weight_gradients",),
    needs=("images", "labels"),
    paper="Abdelfattah et al., Zero-Cost Proxies, arXiv 2101.08134",
)
def grad_norm(probe: Probe) -> float:
    """Sum over convolution and linear layers of the norm of the gradient: Σ_l ‖∂L/∂W_l‖₂, L the mean loss.

    A sum of norms, not the norm of all gradients together.
    """
    return sum(gradient.norm().item() for gradient in probe.weight_gradients.values())
