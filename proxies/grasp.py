"""GraSP: what the flow of gradients would lose with each weight (Wang et al. 2020)."""

from proxies.probe import Probe
from proxies.proxy import measured


@measured(
    "grasp",
    reads=("hessian_gradient", "layer_weights", "weight_gradients"),
    needs=("images", "labels"),
    paper="Wang et al., GraSP, ICLR 2020, arXiv 2002.07376",
)
def grasp(probe: Probe) -> float:
    """Sum over Conv2d and linear weights of −w · (H g)_w, with g = ∂L/∂W, H its Jacobian and L the mean loss.

    H g is the exact product by double backward, in one graph with the gradients of the first order. The sign is that
    of the code of Zero-Cost Proxies. One batch, temperature 1, train mode.
    """
    assert probe.weight_gradients  # undefined where nothing reaches the output
    weights = probe.layer_weights
    return -sum((weights[name] * product).sum().item() for name, product in probe.hessian_gradient.items())
