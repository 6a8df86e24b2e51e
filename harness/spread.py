"""Where the uncertainty of a correlation comes from: the sampled architectures, or the repeats of the scoring."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from harness.bootstrap import resample_counts, resampled_spearman
from harness.ranking import spearman

Floats = NDArray[np.float64]


def repeat_spread(
    scores: Floats, truth: Floats, *, shared: bool, resamples: int = 1000, seed: int = 0
) -> dict[str, float]:
    """Separate the spread of Spearman's ρ over repeats from that over architectures.

    ``scores`` [n, m] holds m ≥ 2 repeats, all on the same architectures: initialisations, or minibatches; finite,
    higher is better, like ``truth`` [n]. ``shared`` says whether one draw served all architectures, as a minibatch
    does, or each had its own, as initialisations do. Standard deviations of the ρ of one repeat:

    - ``sd_repeats``: between the m repeats, the architectures being the same;
    - ``sd_architectures``: what another sample of architectures would change. The bootstrap resamples architectures
      together with their scores. It hence contains what draws of their own add, which is taken out, but nothing
      of a draw that all share;
    - ``sd_total``: both, as variances add; for a shared draw a little too large, as how much it moves one sample
      of architectures more than another is in both.

    ``repeatability`` is the mean Spearman correlation between two repeats. With few repeats ``sd_repeats`` is rough:
    its relative error is about 1 / √(2 (m - 1)). All is nan if a repeat has no ranking.
    """
    columns = list(scores.T)
    per_repeat = np.array([spearman(column, truth) for column in columns])
    if np.isnan(per_repeat).any():
        return dict.fromkeys(("spearman", "sd_repeats", "sd_architectures", "sd_total", "repeatability"), np.nan)
    counts = resample_counts(len(truth), resamples, seed)
    resampled = np.array([np.nanvar(resampled_spearman(counts, column, truth), ddof=1) for column in columns]).mean()
    repeats = np.var(per_repeat, ddof=1)
    architectures = resampled if shared else max(0.0, resampled - repeats)
    return {
        "spearman": float(per_repeat.mean()),
        "sd_repeats": float(np.sqrt(repeats)),
        "sd_architectures": float(np.sqrt(architectures)),
        "sd_total": float(np.sqrt(architectures + repeats)),
        "repeatability": float(np.mean([spearman(a, b) for a, b in combinations(columns, 2)])),
    }
