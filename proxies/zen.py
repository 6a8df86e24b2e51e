"""Zen-Score: how far the features move with the input, with the scale that batch norm hides (Lin et al. 2021)."""

import torch
from torch import Tensor

from proxies.errors import UndefinedError
from proxies.features import FeatureWatch
from proxies.initialisation import draw_parameters
from proxies.probe import Probe
from proxies.proxy import measured

PAPER = "Lin et al., Zen-NAS, ICCV 2021, arXiv 2102.01063"
GAMMA = 0.01  # size of the step from one input to the other


@measured("zen", paper=PAPER)
def zen(probe: Probe) -> float:
    """Zen-Score by the protocol of NAS-Bench-Suite-Zero: one repeat on a noise batch of the size of the given one.

    log mean_n Σ_{c,h,w} |f(x) − f(x + γε)| + Σ_BN log √(mean_c ν), with x and ε ~ N(0, 1), γ = 0.01 and f the features
    that the head reads (`features.FeatureWatch`). Convolution and linear weights are drawn from N(0, 1), batch norm is
    (1, 0) in train mode. ν [C] is its running variance, of momentum 0.1 from 1, after the two passes. Skip connections
    stay. Draws come from the probe's seed.

    Deviations from NASLib's code: batch norms without running statistics count too; those of the head do not, which
    NASLib's networks lack; two inputs with the same features are an error with a reason, not −inf.
    """
    return zen_score(probe, repeats=1, batch=len(probe.images))


@measured("zen.zen_nas", paper=PAPER)
def zen_of_zen_nas(probe: Probe) -> float:
    """Zen-Score by the protocol of Zen-NAS: the mean of 32 repeats on noise batches of 16; otherwise as ``zen``.

    The running variances run on from repeat to repeat, as in the authors' code. Deviation: they score without skip
    connections, which nothing marks in a network of somebody else; here they stay.
    """
    return zen_score(probe, repeats=32, batch=16)


def zen_score(probe: Probe, repeats: int, batch: int) -> float:
    """Return the mean Zen-Score over ``repeats`` draws of weights and of ``batch`` pairs of inputs."""
    draws = probe.generator("zen")
    variances: list[Tensor] = []
    scores = []
    for _ in range(repeats):
        weights = draw_parameters(probe.network, "gaussian", draws)
        noise, step = probe.noise(batch, draws), probe.noise(batch, draws)
        features = []
        for images in (noise, noise + GAMMA * step):
            watch = FeatureWatch(variances)
            with torch.no_grad():
                features.append(watch.features(probe.forward(images, weights, watch)))
        distance = (features[0] - features[1]).double().abs().flatten(1).sum(dim=1).mean()
        if distance == 0:
            raise UndefinedError("the features do not move with the input: nothing of it reaches them")
        hidden = sum(each.mean().double().log().item() / 2 for each in variances[: watch.body_norms])
        scores.append(distance.log().item() + hidden)
    return sum(scores) / repeats
