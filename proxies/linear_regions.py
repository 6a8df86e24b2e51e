"""The number of linear regions of a network, as TE-NAS counts them (Chen et al. 2021)."""

import torch
from torch import Tensor

from proxies.activations import ActivationWatch
from proxies.errors import NotApplicableError, is_lack_of_memory
from proxies.passes import Watch
from proxies.patterns import StandardPatterns
from proxies.probe import Probe
from proxies.proxy import measured

CROPS = 3000
SIZE = 3  # pixels: on larger inputs every pattern is a new one


@measured("linear_regions", needs=("images",), paper="Chen et al., TE-NAS, ICLR 2021, arXiv 2102.11535")
def linear_regions(probe: Probe) -> tuple[float, dict[str, float]]:
    """Number of distinct on/off patterns of all activations over 3000 random crops of 3x3 pixels of the images.

    Patterns tell linear regions apart where the activations are ReLUs. At most 3000, given as ``upper_bound``. The
    crops are drawn by the probe's seed from all images and positions, and run as one batch in train mode.

    Deviations from the authors' code: the network and its weights are the caller's, where they take a reduced one
    (1 channel, one cell a stage) with a Kaiming (fan-in) init and gray crops in three batches of 1000, and the mean
    over 3 repeats. A network that does not take such small inputs has no score.
    """
    patterns = StandardPatterns(CROPS, probe.images.device)
    watch = ActivationWatch(CROPS, [patterns])
    try:
        with torch.inference_mode():
            probe.forward(crops(probe.images, probe.generator("crops")), None, Watch([watch]))
    except (RuntimeError, ValueError) as error:
        if is_lack_of_memory(error):
            raise
        raise NotApplicableError(f"the network does not take crops of {SIZE}x{SIZE} pixels: {error}") from error
    if watch.error:
        raise watch.error
    return patterns.count(), {"neurons": patterns.neurons, "upper_bound": CROPS}


def crops(images: Tensor, generator: torch.Generator) -> Tensor:
    """Return CROPS random crops [CROPS, …, SIZE, SIZE] of ``images`` [B, …, H, W]."""
    if images.ndim < 4 or min(images.shape[-2:]) < SIZE:
        raise NotApplicableError(f"there are no crops of {SIZE}x{SIZE} pixels in inputs {list(images.shape[1:])}")
    which = torch.randint(len(images), (CROPS,), generator=generator)
    rows, columns = (torch.randint(extent - SIZE + 1, (CROPS,), generator=generator) for extent in images.shape[-2:])
    return torch.stack(
        [images[n, ..., y : y + SIZE, x : x + SIZE] for n, y, x in torch.stack([which, rows, columns], dim=1).tolist()]
    )
