"""The number of standard activation patterns: what SWAP-Score improves on."""

from proxies.probe import Probe
from proxies.proxy import measured


@measured(
    "standard_patterns",
    reads=("standard_patterns",),
    needs=("images",),
    paper="definition 3.1 of Peng et al., SWAP-NAS, ICLR 2024, arXiv 2403.04161",
)
def standard_patterns(probe: Probe) -> tuple[float, dict[str, float]]:
    """Number of distinct on/off patterns over the samples of the batch (definition 3.1).

    |{ (1[a_v(x_s) > 0])_{v=1..V} : s = 1..S }|, with a_v(x_s) the v-th scalar of all activation outputs for sample s.
    At most S, given as ``upper_bound``: it saturates on all but tiny networks or inputs. Train mode.
    """
    patterns = probe.standard_patterns
    return patterns.count(), {"neurons": patterns.neurons, "upper_bound": patterns.samples}
