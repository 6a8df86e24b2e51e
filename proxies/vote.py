"""The majority vote of three proxies (Abdelfattah et al. 2021)."""

import numpy as np

from proxies.proxy import Values, derived


@derived(
    "vote",
    of=("synflow", "jacov", "snip"),
    pointwise=False,
    paper="Abdelfattah et al., Zero-Cost Proxies, arXiv 2101.08134",
)
def vote(synflow: Values, jacov: Values, snip: Values) -> Values:
    """Duels won less duels lost, as a share of all duels with the other networks of the set: from −1 to 1.

    Two of the three proxies decide a duel, as in the paper; where they are tied among themselves, nobody wins.
    The paper does not say how duels rank a set; counting them is Copeland's method. Networks on which one of the three
    failed take no part and have no score.
    """
    votes = np.stack([synflow, jacov, snip])
    plays = ~np.isnan(votes).any(axis=0)
    players = votes[:, plays]
    outcomes = [np.sign(np.sign(each[:, None] - players).sum(axis=0)).sum() for each in players.T]
    result = np.full(plays.shape, np.nan)
    result[plays] = np.array(outcomes) / max(1, len(outcomes) - 1)
    return result
