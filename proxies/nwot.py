"""NWOT, or NASWOT: how differently the samples of a batch activate the network (Mellor et al. 2021)."""

import torch

from proxies.errors import UndefinedError
from proxies.probe import Probe
from proxies.proxy import measured


@measured(
    "nwot",
    reads=("pattern_agreement",),
    needs=("images",),
    min_batch=2,
    paper="Mellor et al., Neural Architecture Search without Training, ICML 2021, arXiv 2006.04647",
)
def nwot(probe: Probe) -> float:
    """Log-determinant of the agreement kernel: log |det K|, K_ij = number of neurons in the same state for i and j.

    K = Σ_layers x xᵀ + (1 − x)(1 − x)ᵀ with x = 1[input > 0], float64. The value grows with the batch; compare
    only within one batch size. A singular K (two samples with the same code, too few neurons) is an error with a
    reason here, where other code returns −inf or 0. All activations count, also those on branches that do not
    reach the output, as in NAS-Bench-Suite-Zero.
    """
    kernel = probe.pattern_agreement.kernel()
    if torch.linalg.matrix_rank(kernel, hermitian=True) < len(kernel):
        raise UndefinedError("the agreement kernel is singular: some samples activate the network alike")
    return float(torch.linalg.slogdet(kernel).logabsdet)
