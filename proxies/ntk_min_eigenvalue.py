"""The smallest eigenvalue of the neural tangent kernel (Zhu et al. 2022)."""

from proxies.probe import Probe
from proxies.proxy import measured


@measured(
    "ntk_min_eigenvalue",
    reads=("tangent_spectrum",),
    needs=("images",),
    min_batch=2,
    paper="Zhu et al., Generalization Properties of NAS under Activation and Skip Connection Search, arXiv 2209.07238",
)
def ntk_min_eigenvalue(probe: Probe) -> float:
    """Smallest eigenvalue of Θ = J Jᵀ [B, B], from which the paper bounds generalisation; larger is better.

    J_n is the gradient of the summed outputs of image n by all Conv2d and linear weights. float64 spectrum,
    train mode. A kernel that is singular up to rounding is an error with a reason, not 0.
    """
    return float(probe.tangent_spectrum[0])
