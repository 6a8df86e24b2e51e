"""Fisher pruning's saliency of channels (Theis et al. 2018, Turner et al. 2020)."""

from proxies.probe import Probe
from proxies.proxy import measured


@measured(
    "fisher",
    reads=("channel_saliencies", "layer_weights", "weight_gradients"),
    needs=("images", "labels"),
    paper="Turner et al., BlockSwap, ICLR 2020, arXiv 1906.04113; Theis et al., arXiv 1801.05787",
)
def fisher(probe: Probe) -> float:
    """Sum over Conv2d and linear layers, their output channels k and the weights of each channel of Δ_k.

    Δ_k = ½ · mean_n (Σ_position a_nk · ∂L/∂a_nk)², with a [B, K, H, W] the output of the layer and L the mean loss;
    a channel counts once for each weight that leads to it, as in the code of Zero-Cost Proxies. Train mode.

    Deviations from that code: outputs are kept from in-place operations, which spoil them there; Δ of a layer
    that is used several times is the sum over its uses.
    """
    assert probe.weight_gradients  # undefined where nothing reaches the output
    weights = probe.layer_weights
    return sum(saliency.sum().item() * weights[name][0].numel() for name, saliency in probe.channel_saliencies.items())
