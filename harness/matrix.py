"""Proxies × tasks: one correlation a cell, and who is best over all of them."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def score_matrix(correlations: pd.DataFrame, statistic: str = "spearman") -> pd.DataFrame:
    """Return ``statistic`` with a row for each proxy and a column for each (space, task, target), sorted.

    ``correlations`` has the columns space, task, target, proxy and ``statistic``; what was not run or is undefined
    stays nan. Raises ValueError where two rows belong to one cell: results of different protocols do not mix.
    """
    return correlations.pivot(index="proxy", columns=["space", "task", "target"], values=statistic).sort_index(axis=1)


def common_part(matrix: pd.DataFrame) -> pd.DataFrame:
    """Return the part of ``matrix`` without a gap, over which proxies can be averaged.

    Its columns are those where at least two thirds of the proxies have a value: one that only a few were run on would
    shut out all others. Proxies with less than a third of the columns are not asked. Its rows are the proxies with a
    value in each of them, as an average over the columns that a proxy happens to have would flatter.
    """
    asked = matrix[3 * matrix.count(axis=1) >= matrix.shape[1]]
    return matrix.loc[:, 3 * asked.count() >= 2 * len(asked)].dropna()


def average_ranks(matrix: pd.DataFrame) -> "pd.Series[float]":
    """Return the average rank of each proxy in the `common_part` of ``matrix``, 1 is best, the best first.

    Proxies outside it come last, by name, with nan.
    """
    ranks = common_part(matrix).rank(ascending=False).mean(axis=1)
    return ranks.reindex(matrix.index).sort_index().sort_values(kind="stable")


def pareto_front(cost: Floats, value: Floats) -> NDArray[np.bool_]:
    """Return which entries no other beats: none is at most as costly and at least as good, and better in one.

    ``cost`` [n] lower is better, ``value`` [n] higher is better; nan in either is never on the front.
    """
    cheaper_or_equal = cost[None, :] <= cost[:, None]
    better_or_equal = value[None, :] >= value[:, None]
    strictly = (cost[None, :] < cost[:, None]) | (value[None, :] > value[:, None])
    beaten = np.any(cheaper_or_equal & better_or_equal & strictly, axis=1)
    return ~beaten & ~np.isnan(cost) & ~np.isnan(value)
