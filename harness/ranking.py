"""How well scores rank architectures by trained accuracy: each statistic in one function.

Everywhere ``scores`` [n] and ``truth`` [n] are finite and higher is better in both: the caller negates, nothing here
takes an absolute value. A statistic that does not exist is nan: a correlation needs n ≥ 3 and neither side constant,
a statistic of the k best needs n ≥ k.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]


def _has_ranking(*columns: Floats) -> bool:
    return all(len(column) >= 3 and np.ptp(column) > 0 for column in columns)


def spearman(scores: Floats, truth: Floats) -> float:
    """Spearman's ρ: Pearson's correlation of the average ranks."""
    return float(stats.spearmanr(scores, truth).statistic) if _has_ranking(scores, truth) else np.nan


def kendall(scores: Floats, truth: Floats) -> float:
    """Kendall's τ-b, which corrects for ties on either side."""
    return float(stats.kendalltau(scores, truth).statistic) if _has_ranking(scores, truth) else np.nan


def weighted_kendall(scores: Floats, truth: Floats) -> float:
    """Kendall's τ with additive hyperbolic weights: swaps among the best count most (Vigna, WWW 2015).

    The mean of weighing by the ranks of the scores and by those of the truth, which is scipy's and Vigna's choice.
    """
    return float(stats.weightedtau(scores, truth).statistic) if _has_ranking(scores, truth) else np.nan


def partial_spearman(scores: Floats, truth: Floats, given: Floats) -> float:
    """Spearman's ρ of scores and truth with the ranks of ``given`` [n] held fixed (first-order partial correlation).

    nan where ``given`` ranks exactly as the scores or the truth do: nothing is left to correlate.
    """
    score_truth, score_given, truth_given = (
        spearman(scores, truth),
        spearman(scores, given),
        spearman(truth, given),
    )
    score_left, truth_left = 1 - score_given**2, 1 - truth_given**2
    # Below 1, the largest ρ is about 1 - 6 / n³: far enough from 1 that rounding errors are told apart from it.
    if not min(score_left, truth_left) > 1e-14:
        return np.nan
    return float((score_truth - score_given * truth_given) / np.sqrt(score_left * truth_left))


def spearman_among_best(scores: Floats, truth: Floats, share: float) -> float:
    """Spearman's ρ within the ``share`` (0 to 1) of architectures with the best truth; ties at the edge are let in."""
    edge = np.sort(truth)[-max(1, int(np.ceil(share * len(truth))))] if len(truth) else np.nan
    best = truth >= edge
    return spearman(scores[best], truth[best])


def _shared_among_ties(scores: Floats, by_position: Floats) -> Floats:
    """Give each architecture the value of its position, best score first; tied scores share the mean of theirs."""
    _, group, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    means = np.add.reduceat(by_position, np.cumsum(sizes) - sizes) / sizes
    return means[group]


def precision_at(k: int, scores: Floats, truth: Floats) -> float:
    """Share of the ``k`` best by score that belong to the k best by truth; ties are broken at random, on average."""
    if len(scores) < k:
        return np.nan
    chosen = (np.arange(len(scores)) < k).astype(np.float64)
    return float(_shared_among_ties(scores, chosen) @ _shared_among_ties(truth, chosen)) / k


def regret_at(k: int, scores: Floats, truth: Floats) -> float:
    """Best truth there is, less the best among the ``k`` best by score, in units of the truth; 0 is perfect.

    Scores that tie for the last places are drawn at random, and the value is the mean over the draws.
    """
    if len(scores) < k:
        return np.nan
    edge = np.sort(scores)[-k]
    sure, tied = truth[scores > edge], np.sort(truth[scores == edge])[::-1]
    # P(none of the j best of the tied is drawn), j = 0 … all: its steps are the chances that the j-th is the best drawn
    none_drawn = stats.hypergeom.pmf(0, len(tied), np.arange(len(tied) + 1), k - len(sure))
    best = np.maximum(tied, sure.max(initial=-np.inf))
    return float(truth.max() - best @ -np.diff(none_drawn))


def ndcg_at(k: int, scores: Floats, truth: Floats) -> float:
    """Normalised discounted cumulative gain of the ``k`` best by score, discount 1 / log2(position + 1).

    The gain is linear in the truth, 0 for the worst architecture there is and 1 for the best, so that neither the
    unit nor the zero of the truth matters; tied scores share the mean of their discounts (McSherry & Najork, 2008).
    nan for a constant truth.
    """
    if len(scores) < k or np.ptp(truth) == 0:
        return np.nan
    positions = np.arange(len(scores))
    discounts = np.where(positions < k, 1 / np.log2(positions + 2), 0.0)
    gains = (truth - truth.min()) / np.ptp(truth)
    return float(_shared_among_ties(scores, discounts) @ gains / (_shared_among_ties(truth, discounts) @ gains))
