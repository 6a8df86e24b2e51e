"""SynFlow through batch norm: a variant of the code of Zero-Cost Proxies."""

import math

from proxies.probe import Probe
from proxies.proxy import measured


@measured(
    "synflow_bn",
    reads=("synaptic_flow_with_batch_norm",),
    paper="Abdelfattah et al., Zero-Cost Proxies, arXiv 2101.08134",
)
def synflow_bn(probe: Probe) -> float:
    """`synflow` with batch norm kept, in train mode: it normalises the one all-ones image by its own statistics.

    Natural logarithm of Σ |w · ∂R/∂|w||, float64. Not what SynFlow's paper means: the signs of the flow vary, so that
    its absolute values are summed. A batch norm that sees one value a channel has no statistics: not applicable.
    """
    return math.log(sum(flow.sum().item() for flow in probe.synaptic_flow_with_batch_norm.values()))
