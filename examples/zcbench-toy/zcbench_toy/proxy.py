"""A proxy of one's own."""

from proxies.probe import Probe
from proxies.proxy import measured


@measured("toy_depth", reads=("layer_weights",), paper="an example")
def toy_depth(probe: Probe) -> float:
    """Number of convolution and linear layers."""
    return len(probe.layer_weights)
