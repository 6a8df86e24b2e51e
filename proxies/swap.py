"""SWAP-Score and its regularised form (Peng et al., ICLR 2024, arXiv 2403.04161)."""

import numpy as np

from proxies.probe import Probe
from proxies.proxy import Values, derived, measured

PAPER = "Peng et al., SWAP-NAS, ICLR 2024, arXiv 2403.04161"


@measured("swap", reads=("sample_wise_patterns",), needs=("images",), paper=PAPER)
def swap(probe: Probe) -> tuple[float, dict[str, float]]:
    """Number of distinct sample-wise activation patterns (definition 3.3, equation 4).

    Ψ = |{ (1[a_v(x_1) > 0], …, 1[a_v(x_S) > 0]) : v = 1..V }|, with a_v(x_s) the v-th scalar of all activation
    outputs for sample s. The count is exact. It cannot exceed min(V, 2^S), given as ``upper_bound``.

    Every ReLU-like output counts, where the authors' code takes only those with four dimensions: the definition
    knows no such limit, and networks without convolutions have a score too. Train mode, as in the authors' code.
    """
    patterns = probe.sample_wise_patterns
    value = patterns.count()
    bound = min(patterns.neurons, 2**patterns.samples)
    return value, {"neurons": patterns.neurons, "upper_bound": bound}


@derived("swap_reg", of=("swap", "params"), pointwise=True, paper=PAPER)
def swap_reg(swap: Values, params: Values, *, mu: float = 900.0, sigma: float = 1e6) -> Values:
    """Logarithm of the regularised SWAP-Score (definition 3.5, equations 5 and 6): log Ψ − (Θ − μ)² / σ.

    Θ is the number of parameters in thousands; σ is neither squared nor doubled, as in the paper. The logarithm
    keeps the ranks and cannot underflow, where exp does as soon as (Θ − μ)² / σ > 745. (μ, σ) steer the size of
    the networks that score best; the defaults suit NAS-Bench-201 and were chosen on its accuracies.
    """
    return np.log(swap) - (params / 1e3 - mu) ** 2 / sigma
