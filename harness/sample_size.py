"""How a correlation settles as the sample of architectures grows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.bootstrap import percentile_interval, resampled_spearman

Floats = NDArray[np.float64]


def spearman_by_size(
    scores: Floats, truth: Floats, sizes: Sequence[int], *, draws: int = 200, confidence: float = 0.95, seed: int = 0
) -> pd.DataFrame:
    """Return Spearman's ρ of random subsets of the architectures, one row a size: n, spearman, its low and high.

    ``scores`` [n] and ``truth`` [n] are finite, higher is better. For each of ``sizes`` (3 to n), ``draws`` subsets
    are drawn without replacement; the row holds the median of their ρ and the central ``confidence`` of them.
    """
    generator = np.random.default_rng(seed)
    rows = []
    for size in sizes:
        members = np.zeros((draws, len(truth)), dtype=np.float32)
        members[:, :size] = 1  # a subset is a resample whose counts are 0 and 1
        rho = resampled_spearman(generator.permuted(members, axis=1), scores, truth)
        low, high = percentile_interval(rho, confidence)
        rows.append({"n": size, "spearman": np.nanmedian(rho), "spearman_low": low, "spearman_high": high})
    return pd.DataFrame(rows)
