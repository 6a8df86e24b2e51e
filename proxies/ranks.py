"""Ranks within a set of networks, of which derived proxies are made."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ranks 1 … m of the m values that are there, from low to high, ties averaged; nan stays nan."""
    return np.asarray(rankdata(values, nan_policy="omit"), dtype=np.float64)
