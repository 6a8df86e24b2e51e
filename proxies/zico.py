"""ZiCo: how steady the gradient is from one minibatch to the next (Li et al. 2023)."""

import torch

from proxies.errors import UndefinedError
from proxies.probe import Probe
from proxies.proxy import measured
from proxies.spectra import require_finite


@measured(
    "zico",
    reads=("half_batch_gradients",),
    needs=("images", "labels"),
    min_batch=4,
    paper="Li et al., ZiCo, ICLR 2023, arXiv 2301.11300",
)
def zico(probe: Probe) -> float:
    """Σ_l log Σ_w mean_b |g_b| / std_b g_b, over the Conv2d and linear layers l and their weights w.

    g_b is the gradient of the mean loss of minibatch b; std is that of the population. Weights whose gradient does not
    vary are left out, and so is a layer in which none does. float64 after the gradients, train mode.

    The two minibatches are the halves of the batch (the paper: two of 128), each with batch statistics of its own.
    Layers without a gradient are left out; the authors' code breaks on them.
    """
    first, second = probe.half_batch_gradients
    total, layers = 0.0, 0
    for name in first:
        pair = torch.stack([first[name], second[name]]).double()
        deviation = pair.std(dim=0, correction=0)
        require_finite(deviation)  # which it is not where a gradient is not
        varies = deviation > 0
        ratio = (pair.abs().mean(dim=0)[varies] / deviation[varies]).sum()
        if ratio > 0:
            total, layers = total + ratio.log().item(), layers + 1
    if not layers:
        raise UndefinedError("no weight has a gradient that varies: nothing in the network reaches the output")
    return total
