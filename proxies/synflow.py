"""SynFlow: the flow through all-positive weights (Tanaka et al. 2020)."""

import math

from proxies.probe import Probe
from proxies.proxy import measured


@measured(
    "synflow",
    reads=("synaptic_flow",),
    paper="Tanaka et al., Pruning neural networks without any data, NeurIPS 2020, arXiv 2006.05467",
)
def synflow(probe: Probe) -> float:
    """Natural logarithm of Σ |w · ∂R/∂|w|| over Conv2d and linear weights.

    R is the sum of the outputs for one all-ones image, with every parameter replaced by its absolute value and
    batch norm left out. float64: R exceeds 1e49 on networks of ordinary size. The logarithm, as NASLib takes it,
    keeps the ranks. Nothing of the batch but its shape is used.
    """
    return math.log(sum(flow.sum().item() for flow in probe.synaptic_flow.values()))
