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


def average_ranks(matrix: pd.DataFrame) -> "pd.Series[float]":
    """Return the average rank of each proxy over the columns of ``matrix``, 1 is best, the best first.

    Ranks are taken among proxies without an empty cell; the others come last, by name, with nan: an average over
    the columns that happen to be filled would flatter.
    """
    complete = matrix.dropna()
    ranks = complete.rank(ascending=False).mean(axis=1)
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
