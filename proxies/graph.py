"""One forward pass of a batch, kept while it is differentiated in every way that is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from proxies.channel_saliencies import ChannelSaliencies
from proxies.errors import NotApplicableError
from proxies.layers import Named
from proxies.twice_differentiable import TwiceDifferentiable

COLUMNS = 1 << 17  # of a Jacobian that are multiplied in float64 at a time


@dataclass(eq=False)
class Graph:
    """What went into a forward pass in train mode and what came out of it.

    Args:
        parameters: all parameters of the network by name; leaves.
        weights: those of them that `layers.layer_names` tells.
        images: [B, …]; a leaf.
        output: what the network returned, [B, …].
        loss: maps the output to the mean loss.
        twice: the mode of the pass, if the gradients of the loss are to be differentiated again.
        saliencies: what has watched the layers, if they are wanted.

    ``retain`` says whether the graph is needed again after a method.
    """

    parameters: Named
    weights: Named
    images: Tensor
    output: Any
    loss: Callable[[Tensor], Tensor]
    twice: TwiceDifferentiable | None
    saliencies: ChannelSaliencies

    def outputs(self, retain: bool) -> Tensor:
        """What the network puts out, [B, …]."""
        return self._outputs.detach()

    def tangent_kernel(self, retain: bool) -> Tensor:
        """J Jᵀ, float64 [B, B]; row n of J is the gradient of the summed outputs of sample n by all weights.

        Batch norm couples the samples, so that each row takes a backward pass of the whole batch.
        """
        sums = self._outputs.flatten(1).sum(dim=1)
        weights, last = list(self.weights.values()), len(sums) - 1
        jacobian = sums.new_empty(len(sums), sum(weight.numel() for weight in weights))
        for n, each in enumerate(sums):
            torch.cat([part.flatten() for part in gradients(each, weights, retain or n < last)], out=jacobian[n])
        kernel = torch.zeros(len(sums), len(sums), dtype=torch.float64, device=sums.device)
        for columns in jacobian.split(COLUMNS, dim=1):
            kernel += columns.double() @ columns.double().T
        return kernel

    def input_jacobian(self, retain: bool) -> Tensor:
        """Gradient of the sum of all outputs by the images, [B, …]."""
        return gradients(self._outputs.sum(), [self.images], retain)[0]

    def parameter_gradients(self, retain: bool) -> Named:
        """Gradient of the loss by every parameter, by name."""
        return self._loss_gradients

    def channel_saliencies(self, retain: bool) -> Named:
        """See `ChannelSaliencies`."""
        assert self._loss_gradients is not None  # gathers them on its way
        return self.saliencies.by_layer

    def hessian_gradient(self, retain: bool) -> Named:
        """H g by name of weight: H is the Hessian of the loss by all weights, g its gradient by them."""
        found = [self._differentiable_gradients[name] for name in self.weights]
        product = torch.stack([(gradient * gradient.detach()).sum() for gradient in found]).sum()
        return dict(zip(self.weights, gradients(product, list(self.weights.values()), retain), strict=True))

    @cached_property
    def _loss_gradients(self) -> Named:
        """The same bits whether or not they are differentiated again."""
        if self.twice and not self.twice.rounds_otherwise:
            return {name: gradient.detach() for name, gradient in self._differentiable_gradients.items()}
        return self._gradients(retain=self.twice is not None, create=False)

    @cached_property
    def _differentiable_gradients(self) -> Named:
        return self._gradients(retain=True, create=True)

    def _gradients(self, retain: bool, create: bool) -> Named:
        with self.saliencies.gathering():
            found = gradients(self.loss(self._outputs), list(self.parameters.values()), retain, create)
        return dict(zip(self.parameters, found, strict=True))

    @property
    def _outputs(self) -> Tensor:
        return one_tensor(self.output)


def one_tensor(output: Any) -> Tensor:
    """Return what a network returned, if that is one tensor; raises NotApplicableError otherwise."""
    if not isinstance(output, Tensor):
        raise NotApplicableError(f"the network returns a {type(output).__name__}, not one tensor of outputs")
    return output


def gradients(target: Tensor, inputs: Sequence[Tensor], retain: bool = False, create: bool = False) -> list[Tensor]:
    """Return d target / d each of ``inputs``, zeros where the target does not depend on it.

    ``retain`` keeps the graph for another pass; ``create`` makes the results differentiable themselves.
    """
    if not target.requires_grad:
        return [torch.zeros_like(each) for each in inputs]
    found = torch.autograd.grad(target, inputs, allow_unused=True, retain_graph=retain, create_graph=create)
    return [torch.zeros_like(each) if it is None else it for each, it in zip(inputs, found, strict=True)]


def leaf(value: Tensor) -> Tensor:
    """Return ``value``, of the same memory, as something to differentiate by."""
    return value.detach().requires_grad_()
