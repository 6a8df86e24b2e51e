"""NWOT, or NASWOT: how differently the samples of a batch activate the network (Mellor et al. 2021)."""

import torch

from proxies.errors import UndefinedError
from proxies.probe import Probe
from proxies.proxy import measured
from proxies.spectra import eigenvalues, is_singular


@measured(
    "nwot",
    reads=("pattern_agreement",),
    needs=("images",),
    min_batch=2,
    paper="Mellor et al., Neural Architecture Search without Training, ICML 2021, arXiv 2006.04647",
)
def nwot(probe: Probe) -> float:
    """Log-determinant of the agreement kernel: log |det K|, K_ij = number of neurons in the same state for i and j.

    K [B, B] = Σ_layers x xᵀ + (1 − x)(1 − x)ᵀ with x = 1[output > 0], float64, train mode. The value grows with the
    batch; compare only within one batch size.

    Deviations: a singular K (two samples with the same code, too few neurons) is an error with a reason, where other
    code returns −inf or 0. All activations count, also those on branches that do not reach the output, as in
    NAS-Bench-Suite-Zero; the authors leave those out.
    """
    # K holds integers and is positive semidefinite: det K is a whole number, 0 or at least 1.
    spectrum = eigenvalues(probe.pattern_agreement.kernel())
    if is_singular(spectrum, torch.finfo(torch.float64).eps):
        raise UndefinedError("the agreement kernel is singular: some samples activate the network alike")
    return float(spectrum.log().sum())
