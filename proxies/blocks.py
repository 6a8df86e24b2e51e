"""The blocks of a network: what each does to noise, for the components of AZ-NAS (Lee & Ham 2024)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from proxies.errors import NotApplicableError, UndefinedError
from proxies.features import is_map
from proxies.spectra import eigenvalues, require_finite

CONTAINERS = (nn.Sequential, nn.ModuleList)


@dataclass(frozen=True)
class BlockStatistics:
    """Of n blocks: the entropy of each one's output, and the spectral norm of each step from one output to the next."""

    entropies: list[float]
    spectral_norms: list[float]


def block_statistics(
    network: nn.Module, run: Callable[[Tensor], Any], images: Tensor, generator: torch.Generator
) -> BlockStatistics:
    """Return what the blocks of ``network`` do to ``images`` [B, …]; ``run`` runs it on them.

    Raises NotApplicableError for a network of fewer than two blocks, and UndefinedError where a block gives out a
    constant, does not depend on the block before it, or passes it on as it is.
    """
    with outputs_of(blocks_of(network)) as maps:
        run(images.detach().requires_grad_())
    if len(maps) < 2:
        raise NotApplicableError("the network has fewer than two blocks that give out feature maps")
    steps = [spectral_norm(before, after, generator) for before, after in pairwise(maps)]
    return BlockStatistics([entropy(each.detach()) for each in maps], steps)


def blocks_of(network: nn.Module) -> list[nn.Module]:
    """Return the blocks of a network in the order of their definition.

    These are the outermost modules that are made of several, where Sequential and ModuleList are looked through. If
    there is only one, it is an encoder or the network itself in a wrapper: the blocks are then those inside it.
    """
    found = list(_outermost(network))
    return blocks_of(found[0]) if len(found) == 1 else found


def _outermost(module: nn.Module) -> Iterator[nn.Module]:
    for child in module.children():
        if type(child) in CONTAINERS:
            yield from _outermost(child)
        elif next(child.children(), None) is not None:
            yield child


@contextmanager
def outputs_of(blocks: list[nn.Module]) -> Iterator[list[Tensor]]:
    """Gather the feature maps that ``blocks`` give out; the network goes on with copies, safe from in-place changes."""
    maps: list[Tensor] = []

    def keep(block: nn.Module, inputs: Any, output: Any) -> Any:
        if not isinstance(output, Tensor) or not is_map(output):
            return output
        maps.append(output)
        return output.clone()

    handles = [block.register_forward_hook(keep) for block in blocks]
    try:
        yield maps
    finally:
        for handle in handles:
            handle.remove()


def entropy(features: Tensor) -> float:
    """Return −Σ p log(p + 1e-8), with p the normalised eigenvalues of the channels' covariance over [B, H, W]."""
    require_finite(features)
    channels = features.transpose(0, 1).flatten(1).double()
    deviations = channels - channels.mean(dim=1, keepdim=True)
    spectrum = eigenvalues(deviations @ deviations.mT / channels.shape[1]).clamp(min=0)
    if spectrum.sum() == 0:
        raise UndefinedError("the output of a block is constant")
    shares = spectrum / spectrum.sum()
    return -(shares * (shares + 1e-8).log()).sum().item()


def spectral_norm(before: Tensor, after: Tensor, generator: torch.Generator) -> float:
    """Estimate the spectral norm of the Jacobian of the step from ``before`` to ``after``, averaged over positions.

    With a random sign r at each scalar of ``after`` [B, C, H, W] and g its gradient at ``before``, it is that of
    E[g rᵀ], the mean over images and positions. Where the step divides height and width by k, the k·k positions of
    ``before`` that belong to one of ``after`` count as channels.
    """
    stride, rest = divmod(before.shape[2], after.shape[2])
    if rest or before.shape[2:] != tuple(stride * extent for extent in after.shape[2:]):
        raise NotApplicableError(f"a block turns {list(before.shape[2:])} positions into {list(after.shape[2:])}")
    signs = torch.randint(2, after.shape, generator=generator).to(after) * 2 - 1
    gradient = None
    if after.requires_grad:  # zeros that a block makes anew do not
        gradient = torch.autograd.grad(after, before, signs, retain_graph=True, allow_unused=True)[0]
    if gradient is None or not gradient.any():
        raise UndefinedError("a block does not depend on the block before it")
    if torch.equal(gradient, signs):
        raise UndefinedError("a block passes on what it gets as it is")
    at_positions = [each.transpose(0, 1).flatten(1).double() for each in (F.pixel_unshuffle(gradient, stride), signs)]
    jacobian = at_positions[0] @ at_positions[1].mT / at_positions[1].shape[1]
    require_finite(jacobian)
    return torch.linalg.matrix_norm(jacobian, 2).item()
