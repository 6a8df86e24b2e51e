"""TE-NAS: trainability and expressivity, combined by rank (Chen et al. 2021)."""

from proxies.proxy import Values, derived
from proxies.ranks import ranks


@derived(
    "te_nas",
    of=("ntk_condition", "linear_regions"),
    pointwise=False,
    paper="Chen et al., TE-NAS, ICLR 2021, arXiv 2102.11535",
)
def te_nas(ntk_condition: Values, linear_regions: Values) -> Values:
    """rank(−κ) + rank(R) within the evaluated set, ranks from the worst to the best, ties averaged.

    The authors rank the changes of κ and R while they prune a supernet; this is their criterion for single networks.
    The set are the networks on which neither component failed; the others have no score.
    """
    return ranks(-ntk_condition) + ranks(linear_regions)
