"""Correlation of input gradients between samples: the first version of NASWOT (Mellor et al. 2020)."""

from proxies.probe import Probe
from proxies.proxy import measured
from proxies.spectra import eigenvalues


@measured(
    "jacov",
    reads=("jacobian_correlation",),
    needs=("images",),
    min_batch=2,
    paper="Mellor et al., Neural Architecture Search without Training, version 1, arXiv 2006.04647v1",
)
def jacov(probe: Probe) -> float:
    """−Σ_i [ log(λ_i + k) + 1 / (λ_i + k) ], with λ [B] the eigenvalues of R and k = 1e-5.

    R [B, B] holds the Pearson correlations between the rows of J; J_n = ∂(Σ of all outputs of the batch) / ∂x_n,
    flattened. About −B at best, when the samples are uncorrelated. float64, train mode.

    Deviations from the authors' code: R is symmetric, so that its eigenvalues come from a symmetric solver and are
    real, and rounding below 0 is cut off, where a general solver gives complex or negative ones and then nan. A
    sample whose gradient is constant has no correlation: an error with a reason.
    """
    spectrum = eigenvalues(probe.jacobian_correlation).clamp(min=0) + 1e-5
    return -float((spectrum.log() + 1 / spectrum).sum())
