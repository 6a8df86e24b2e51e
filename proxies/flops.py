"""The cost of one sample: the other baseline that every proxy must beat."""

from proxies.probe import Probe
from proxies.proxy import measured


@measured("flops", reads=("multiply_accumulates",), paper="the baseline of Abdelfattah et al., arXiv 2101.08134")
def flops(probe: Probe) -> float:
    """Multiply-accumulates of one sample in convolutions and matrix products.

    One multiply-accumulate counts once (tools that count two operations give twice the value). Pooling, batch
    norm, activations and biases are not counted.
    """
    return probe.multiply_accumulates
