"""The number of parameters: the baseline that every proxy must beat."""

from proxies.probe import Probe
from proxies.proxy import measured


@measured("params", reads=("trainable_parameters",), paper="the baseline of Abdelfattah et al., arXiv 2101.08134")
def params(probe: Probe) -> float:
    """Number of trainable parameters, in units (not millions)."""
    return probe.trainable_parameters
