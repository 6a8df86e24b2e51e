"""The layers whose weights proxies read."""

from torch import Tensor, nn

Named = dict[str, Tensor]  # by the name of a parameter


def layer_names(network: nn.Module) -> list[str]:
    """Return the names of the weights of all Conv2d and linear layers; of one that layers share there is one.

    Only these count in the code of Zero-Cost Proxies and NASLib. Transposed convolutions are therefore left out, such
    as those in TransNAS-Bench-101's decoders for segmentsemantic, autoencoder and normal, though the number of
    parameters and the multiply-accumulates hold them.
    """
    ours = {id(module.weight) for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)}
    return [name for name, value in network.named_parameters() if id(value) in ours]
