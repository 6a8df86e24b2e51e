"""AZ-NAS: four zero-cost proxies, combined by rank (Lee & Ham 2024)."""

import numpy as np

from proxies.probe import Probe
from proxies.proxy import Values, derived, measured
from proxies.ranks import ranks

PAPER = "Lee & Ham, AZ-NAS, CVPR 2024, arXiv 2403.19232"


@measured("az_nas.expressivity", reads=("block_statistics",), min_batch=2, paper=PAPER)
def expressivity(probe: Probe) -> float:
    """Σ_blocks −Σ_i p_i log(p_i + 1e-8), p [C] the normalised eigenvalues of the covariance of a block's channels.

    For what a block is see `blocks.blocks_of`. The images are N(0, 1) noise of the shape of the batch, convolution and
    linear weights are drawn by Kaiming (fan-in), batch norm is (1, 0) in train mode, as in the authors' code. Draws
    come from the probe's seed. float64 after the pass.

    Deviations of the three components from that code: it knows the blocks of its spaces and takes the stem as one.
    Constant outputs, blocks that do not depend on the one before and blocks that pass it on as it is are errors with a
    reason; the authors put −inf for the last.
    """
    return sum(probe.block_statistics.entropies)


@measured("az_nas.progressivity", reads=("block_statistics",), min_batch=2, paper=PAPER)
def progressivity(probe: Probe) -> float:
    """The smallest increase of the entropy of ``az_nas.expressivity`` from a block to the next."""
    return float(np.diff(probe.block_statistics.entropies).min())


@measured("az_nas.trainability", reads=("block_statistics",), min_batch=2, paper=PAPER)
def trainability(probe: Probe) -> float:
    """Mean over the steps between blocks of 2 − σ − 1 / (σ + 1e-6), at most about 0, where σ = 1.

    σ is the spectral norm of the step's Jacobian, estimated from a backward pass of random signs: see
    `blocks.spectral_norm`. Weights and images are those of ``az_nas.expressivity``.
    """
    norms = np.array(probe.block_statistics.spectral_norms)
    return float(np.mean(2 - norms - 1 / (norms + 1e-6)))


@derived(
    "az_nas",
    of=("az_nas.expressivity", "az_nas.progressivity", "az_nas.trainability", "flops"),
    pointwise=False,
    paper=PAPER,
)
def az_nas(expressivity: Values, progressivity: Values, trainability: Values, flops: Values) -> Values:
    """Σ_k log(rank_k / m) over the four components k, ranks 1 … m from the worst to the best of the set (equation 8).

    The set are the m networks on which no component failed; the others have no score.
    """
    components = (expressivity, progressivity, trainability, flops)
    scored = np.count_nonzero(~np.isnan(flops))
    return np.sum([np.log(ranks(component) / scored) for component in components], axis=0)
