"""MeCo: how independent the channels of the feature maps are (Jiang et al. 2023)."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from proxies.activations import SIGN_PRESERVING
from proxies.errors import NotApplicableError
from proxies.features import CONVOLUTIONS, is_map
from proxies.passes import Watch
from proxies.probe import Probe
from proxies.proxy import measured
from proxies.spectra import correlation, eigenvalues

POOLINGS = (F.avg_pool2d, F.max_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d)
LAYERS = frozenset({*CONVOLUTIONS, F.batch_norm, *SIGN_PRESERVING, *POOLINGS})


class IndependenceWatch:
    """Sums λ_min of the channels of each layer's feature map of the first image; see `passes.Watch`."""

    def __init__(self) -> None:
        self.maps = 0
        self.total = 0.0

    def __call__(self, function: Callable[..., Any], args: tuple[Any, ...], output: Any) -> Any:
        """Take in the output of a layer."""
        if function in LAYERS and is_map(output):
            self.maps += 1
            self.total += smallest_eigenvalue(output[0])
        return output


@measured("meco", paper="Jiang et al., MeCo, NeurIPS 2023")
def meco(probe: Probe) -> float:
    """Σ_maps λ_min(P), with P [C, C] the Pearson correlations between the channels [C, H·W] of a feature map.

    The maps are the outputs of all convolutions, batch norms, activations and poolings for one N(0, 1) image of the
    shape of the given ones, drawn by the probe's seed; maps of one position are left out. A constant channel, which
    correlates with nothing, makes λ_min 0, as in the authors' code. float64 after the pass, train mode.

    Deviations from that code: the image has the network's own size, not 64x64, which not every network takes. There,
    every module counts, so that the value depends on how the code nests modules; here every computed map, once.
    """
    watch = IndependenceWatch()
    with torch.inference_mode():
        probe.forward(probe.noise(1, probe.generator("meco")), None, Watch([watch]))
    if not watch.maps:
        raise NotApplicableError("the network has no feature map")
    return watch.total


def smallest_eigenvalue(channels: Tensor) -> float:
    """Return λ_min of the correlations between ``channels`` [C, H, W], 0 if one of them is constant."""
    return max(0.0, eigenvalues(correlation(channels.flatten(1)).nan_to_num(nan=0.0))[0].item())
