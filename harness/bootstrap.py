"""Bootstrap over architectures: rank correlations of many resamples at once, exactly.

A resample of n architectures with replacement is a vector of counts w, Σ w = n. Ranks and signs of
differences depend on the values alone, so that nothing is sorted again for a resample: w only weighs them.
The results equal `scipy.stats.spearmanr` and `kendalltau` of the written-out resample, ties included.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from harness.ranking import spearman

Floats = NDArray[np.float64]
Counts = NDArray[np.float32]

# Resamples or rows in one go: small enough for the cache, and it bounds the memory when n is a whole space.
BLOCK_ELEMENTS = 1 << 18


@dataclass(frozen=True)
class Resampling:
    """How intervals are made: number of resamples, level of confidence (0 to 1), and the seed of the draws."""

    resamples: int = 1000
    confidence: float = 0.95
    seed: int = 0


@lru_cache(maxsize=8)
def resample_counts(n: int, resamples: int, seed: int) -> Counts:
    """Return how often each of ``n`` architectures is drawn in each resample, [resamples, n], read-only.

    All proxies that are scored on the same n architectures share these draws; differences between them are
    therefore paired. float32 holds the counts, and every sum that is made of them in float32, exactly.
    """
    draw = np.random.default_rng(seed)
    counts = np.empty((resamples, n), dtype=np.float32)
    for row in counts:
        row[:] = np.bincount(draw.integers(n, size=n), minlength=n)
    counts.flags.writeable = False
    return counts


def _ranks(counts: Floats, order: NDArray[np.intp], group: NDArray[np.intp], starts: NDArray[np.intp]) -> Floats:
    """Average ranks of all values in each resample, [resamples, n], centred on 0."""
    sizes = np.add.reduceat(counts[:, order], starts, axis=1)
    middles = np.cumsum(sizes, axis=1) - (sizes + counts.sum(axis=1, keepdims=True)) / 2
    return middles[:, group]


def _groups(values: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Sorting order of the values, the group of ties of each value, and where in the order each group starts."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    return np.argsort(values), group, np.cumsum(sizes) - sizes


def resampled_spearman(counts: Counts, x: Floats, y: Floats) -> Floats:
    """Spearman's ρ of x [n] and y [n] in each resample of ``counts`` [resamples, n]; nan where one is constant."""
    x_groups, y_groups = _groups(x), _groups(y)
    rho = np.empty(len(counts))
    step = max(1, BLOCK_ELEMENTS // len(x))
    for start in range(0, len(counts), step):
        block = counts[start : start + step].astype(np.float64)
        rank_x, rank_y = _ranks(block, *x_groups), _ranks(block, *y_groups)
        weighted_x = block * rank_x
        covariance = np.einsum("rn,rn->r", weighted_x, rank_y)
        variance_x = np.einsum("rn,rn->r", weighted_x, rank_x)
        variance_y = np.einsum("rn,rn,rn->r", block, rank_y, rank_y)
        rho[start : start + step] = _ratio(covariance, variance_x, variance_y)
    return rho


def resampled_kendall(counts: Counts, x: Floats, y: Floats) -> Floats:
    """Kendall's τ-b of x [n] and y [n] in each resample of ``counts`` [resamples, n]; nan where one is constant.

    With A_ij = sign(x_i - x_j) sign(y_i - y_j), wᵀAw counts concordant less discordant ordered pairs. A is made
    in blocks of rows i, for the columns j ≥ i alone, as it is symmetric.
    """
    _, x_level = np.unique(x, return_inverse=True)
    _, y_level = np.unique(y, return_inverse=True)
    agreement = np.zeros(len(counts))
    step = max(1, 4 * BLOCK_ELEMENTS // len(x))
    for start in range(0, len(x), step):
        rows, columns = slice(start, start + step), slice(start, None)
        signs = np.sign(np.subtract.outer(x_level[rows], x_level[columns]))
        signs *= np.sign(np.subtract.outer(y_level[rows], y_level[columns]))
        signs[:, step:] *= 2  # these pairs stand for their mirror images too
        weighted = counts[:, columns] @ signs.T.astype(np.float32)
        agreement += np.einsum("ri,ri->r", weighted, counts[:, rows], dtype=np.float64)
    return _ratio(agreement, _untied_pairs(counts, x), _untied_pairs(counts, y))


def _untied_pairs(counts: Counts, values: Floats) -> Floats:
    """Ordered pairs of unequal values in each resample, [resamples]."""
    order, _, starts = _groups(values)
    sizes = np.add.reduceat(counts[:, order], starts, axis=1).astype(np.float64)
    return sizes.sum(axis=1) ** 2 - np.einsum("rg,rg->r", sizes, sizes)


def _ratio(product: Floats, square_x: Floats, square_y: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((square_x > 0) & (square_y > 0), product / np.sqrt(square_x * square_y), np.nan)


def percentile_interval(resampled: Floats, confidence: float) -> tuple[float, float]:
    """Lowest and highest value of the central ``confidence`` of the resamples; undefined resamples are left out.

    Of the percentile, basic, Fisher-z, bias-corrected and BCa intervals, tried on normal, tied and clustered data
    with n = 30, 100, 300 and ρ from 0 to .97, this one kept 92 to 98 % in nearly every case without leaving
    [-1, 1] and without a jackknife (n more correlations); the basic interval fell to 87 %, Fisher's z fails
    where a resample is ranked perfectly, and BC and BCa were no nearer to 95 % than this.
    """
    defined = resampled[np.isfinite(resampled)]
    if not len(defined):
        return np.nan, np.nan
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def interval(
    resampled_statistic: Callable[[Counts, Floats, Floats], Floats], x: Floats, y: Floats, how: Resampling
) -> tuple[float, float]:
    """Bootstrap interval over architectures of a statistic of x [n] and y [n]; nan for n < 3."""
    if len(x) < 3:
        return np.nan, np.nan
    counts = resample_counts(len(x), how.resamples, how.seed)
    return percentile_interval(resampled_statistic(counts, x, y), how.confidence)


@dataclass(frozen=True)
class Difference:
    """A difference with its interval and two-sided p value; nan where it is undefined."""

    estimate: float
    low: float
    high: float
    p_value: float


def paired_difference(scores_a: Floats, scores_b: Floats, truth: Floats, how: Resampling) -> Difference:
    """Spearman's ρ of scores a [n] with truth [n], less that of scores b [n], on the same architectures.

    Both are resampled together. The p value is the smallest 1 - confidence whose interval excludes 0; at
    most resamples it cannot fall below 2 / (resamples + 1).
    """
    estimate = spearman(scores_a, truth) - spearman(scores_b, truth)
    if np.isnan(estimate):
        return Difference(np.nan, np.nan, np.nan, np.nan)
    counts = resample_counts(len(truth), how.resamples, how.seed)
    differences = resampled_spearman(counts, scores_a, truth) - resampled_spearman(counts, scores_b, truth)
    defined = differences[np.isfinite(differences)]
    # One is added as the sample itself is one more resample, so that p is never 0.
    tail = min(np.sum(defined <= 0), np.sum(defined >= 0)) + 1
    p_value = min(1.0, 2 * tail / (len(defined) + 1))
    return Difference(estimate, *percentile_interval(differences, how.confidence), p_value)
