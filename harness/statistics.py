"""What is reported about one proxy on one sample of architectures."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from harness import ranking
from harness.bootstrap import Resampling, interval, paired_difference, resampled_kendall, resampled_spearman

Floats = NDArray[np.float64]


def oriented(values: Floats, higher_is_better: bool) -> Floats:
    """Return the values such that higher is better: negated if need be, never made absolute."""
    return values if higher_is_better else -values


def failed_last(scores: Floats) -> Floats:
    """Put failed scores (nan) of ``scores`` [n], higher is better, last, tied with each other."""
    failed = np.isnan(scores)
    _, level = np.unique(scores[~failed], return_inverse=True)
    ranked = np.full(len(scores), -1.0)
    ranked[~failed] = level
    return ranked


def summarise(
    values: Floats,
    truth: Floats,
    *,
    higher_is_better: bool,
    how: Resampling,
) -> dict[str, float]:
    """Return every statistic of one proxy.

    ``values`` [n] are its scores, nan where scoring failed; ``truth`` [n] the trained results, finite, higher is
    better. Correlations and their intervals leave failed scores out; those called ``…_failed_last`` rank them
    last. What concerns the choice of the best (``precision_at_10``, ``regret_at_10``, ``ndcg_at_10``) ranks them
    last too: a search would not choose them, and the best architecture may be among them; without any score they are
    nan. ``…_top10`` and
    ``…_top20`` are correlations within the best 10 % and 20 % by truth; ``coverage`` is the share of scores that
    did not fail. Statistics that do not exist are nan (see `harness.ranking`).
    """
    scores = oriented(values, higher_is_better)
    scored = ~np.isnan(scores)
    kept, kept_truth = scores[scored], truth[scored]
    everything = failed_last(scores) if scored.any() else scores[:0]
    spearman_low, spearman_high = interval(resampled_spearman, kept, kept_truth, how)
    kendall_low, kendall_high = interval(resampled_kendall, kept, kept_truth, how)
    return {
        "n": len(values),
        "n_failed": int(np.sum(~scored)),
        "coverage": float(np.mean(scored)) if len(values) else np.nan,
        "spearman": ranking.spearman(kept, kept_truth),
        "spearman_low": spearman_low,
        "spearman_high": spearman_high,
        "kendall": ranking.kendall(kept, kept_truth),
        "kendall_low": kendall_low,
        "kendall_high": kendall_high,
        "spearman_failed_last": ranking.spearman(everything, truth),
        "kendall_failed_last": ranking.kendall(everything, truth),
        "weighted_kendall": ranking.weighted_kendall(kept, kept_truth),
        "spearman_top10": ranking.spearman_among_best(kept, kept_truth, share=0.1),
        "spearman_top20": ranking.spearman_among_best(kept, kept_truth, share=0.2),
        "precision_at_10": ranking.precision_at(10, everything, truth),
        "regret_at_10": ranking.regret_at(10, everything, truth),
        "ndcg_at_10": ranking.ndcg_at(10, everything, truth),
    }


def compare(
    values: Floats,
    truth: Floats,
    baselines: Mapping[str, Floats],
    *,
    higher_is_better: bool,
    how: Resampling,
) -> dict[str, float | bool]:
    """Return how one proxy stands against each of ``baselines``, for instance ``{"params": …, "flops": …}``.

    Scores of a baseline are [n], nan where failed, higher is better. For each: ``spearman_given_{name}``, the partial
    correlation; ``gain_over_{name}`` with ``…_low``, ``…_high`` and ``…_p``, the difference of the two Spearman
    correlations by paired bootstrap; and ``beats_{name}``, true if its whole interval lies above zero. Architectures
    that either failed on are left out. p values are not corrected: see `holm`.
    """
    scores = oriented(values, higher_is_better)
    report: dict[str, float | bool] = {}
    for name, baseline in baselines.items():
        both = ~np.isnan(scores) & ~np.isnan(baseline)
        difference = paired_difference(scores[both], baseline[both], truth[both], how)
        report |= {
            f"spearman_given_{name}": ranking.partial_spearman(scores[both], truth[both], baseline[both]),
            f"gain_over_{name}": difference.estimate,
            f"gain_over_{name}_low": difference.low,
            f"gain_over_{name}_high": difference.high,
            f"gain_over_{name}_p": difference.p_value,
            f"beats_{name}": difference.low > 0,
        }
    return report


def holm(p_values: Floats) -> Floats:
    """Adjust p values [m] for m comparisons by Holm's step-down method; nan stays nan and does not count.

    Adjusted values below α may be called significant with a chance of at most α of any false call among all
    (Holm, Scandinavian Journal of Statistics 6, 1979).
    """
    adjusted = np.full(len(p_values), np.nan)
    order = np.argsort(p_values)[: np.sum(~np.isnan(p_values))]  # nan sorts last
    scaled = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(scaled))
    return adjusted
