"""The condition number of the neural tangent kernel: trainability, as TE-NAS measures it (Chen et al. 2021)."""

from proxies.probe import Probe
from proxies.proxy import measured


@measured(
    "ntk_condition",
    higher_is_better=False,
    reads=("tangent_spectrum",),
    needs=("images",),
    min_batch=2,
    paper="Chen et al., TE-NAS, ICLR 2021, arXiv 2102.11535",
)
def ntk_condition(probe: Probe) -> float:
    """Condition number λ_max / λ_min of the kernel Θ = J Jᵀ [B, B]; lower is better: easier to train.

    J_n is the gradient of the summed outputs of image n by all Conv2d and linear weights. float64 spectrum,
    train mode, so that batch norm couples the images and each row costs a backward pass of the whole batch: the
    cost grows with B². A kernel that is singular up to rounding is an error with a reason.

    Deviations from the authors' code: the weights of batch norm do not count, as in all proxies of this project; the
    network, its weights and the batch are the caller's, where the authors take reduced networks (3 channels, one
    cell a stage), a Kaiming (fan-out) init and means over 3 repeats; a failure is no 1e5.
    """
    spectrum = probe.tangent_spectrum
    return float(spectrum[-1] / spectrum[0])
