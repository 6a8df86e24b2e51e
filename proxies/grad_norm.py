"""The size of the loss gradient."""

import math

from proxies.probe import Probe
from proxies.proxy import measured


@measured(
    "grad_norm",
    reads=("weight_gradients",),
    needs=("images", "labels"),
    paper="Abdelfattah et al., Zero-Cost Proxies, arXiv 2101.08134",
)
def grad_norm(probe: Probe) -> float:
    """Sum over Conv2d and linear layers of the norm of the gradient: Σ_l ‖∂L/∂W_l‖₂, L the mean loss.

    A sum of norms, not the norm of all gradients together, which is ``grad_norm.global``. Train mode.
    """
    return sum(gradient.norm().item() for gradient in probe.weight_gradients.values())


@measured(
    "grad_norm.global",
    reads=("parameter_gradients", "weight_gradients"),
    needs=("images", "labels"),
    paper="as in the code of Zen-NAS, Lin et al., ICCV 2021, arXiv 2102.01063",
)
def grad_norm_global(probe: Probe) -> float:
    """Norm of the gradient by all parameters together, biases and batch norm included: ‖∂L/∂θ‖₂, L the mean loss.

    The authors draw N(0, 1) weights, noise and random labels for it; here the caller's weights, images and labels
    are used. Undefined, as ``grad_norm``, where no Conv2d or linear layer has a gradient: the bias of the
    last layer has one even if the image never reaches it.
    """
    assert probe.weight_gradients
    return math.sqrt(sum(gradient.square().sum().item() for gradient in probe.parameter_gradients.values()))
