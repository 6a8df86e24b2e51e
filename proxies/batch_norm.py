"""Batch norm whose gradient is cheap to differentiate; torch composes its second derivative of many small steps."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Return ``F.batch_norm`` of the same arguments; in train mode on the CPU by `BatchNorm`.

    Running statistics are left as they are then.
    """
    if training and input.device.type == "cpu":
        return BatchNorm.apply(input, weight, bias, eps)
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


class BatchNorm(torch.autograd.Function):
    """y = γ z + β with z = (x − mean x) / σ and σ² = var x + ε, over all axes but that of the channels.

    Value and gradient come from the kernels that torch itself uses on the CPU, so that they are equal bit for bit.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, gamma: Tensor | None, beta: Tensor | None, epsilon: float) -> Tensor:
        """Return y, like x [B, C, …]."""
        y, mean, inverse_sigma = torch.native_batch_norm(x, gamma, beta, None, None, True, 0.0, epsilon)
        ctx.save_for_backward(x, gamma, mean, inverse_sigma)
        return y

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients by x, γ and β."""
        found = BatchNormGradient.apply(dy, *ctx.saved_tensors)
        return *(it if needed else None for it, needed in zip(found, ctx.needs_input_grad[:3], strict=True)), None


class BatchNormGradient(torch.autograd.Function):
    """dx = γ/σ (dy − mean dy − z mean(z dy)), dγ = Σ z dy, dβ = Σ dy. Only dx can be differentiated, by dy and x."""

    @staticmethod
    def forward(
        ctx: Any, dy: Tensor, x: Tensor, gamma: Tensor | None, mean: Tensor, inverse_sigma: Tensor
    ) -> tuple[Tensor, ...]:
        """Return dx, dγ and dβ."""
        dx, dgamma, dbeta = native_gradient(dy, x, gamma, mean, inverse_sigma)
        ctx.save_for_backward(dy, x, gamma, mean, inverse_sigma, dgamma, dbeta)
        ctx.mark_non_differentiable(dgamma, dbeta)
        return dx, dgamma, dbeta

    @staticmethod
    def backward(ctx: Any, u: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
        """Return uᵀ ∂dx/∂dy, which has the form of dx itself, and uᵀ ∂dx/∂x.

        With a bar for the mean over the n values of a channel, p = mean(z dy), q = mean(z u):
        uᵀ ∂dx/∂x = −γ/σ² [ z (mean(u dy) − mean u · mean dy − 3 p q) + p (u − mean u) + q (dy − mean dy) ].
        """
        dy, x, gamma, mean, inverse_sigma, dgamma, dbeta = ctx.saved_tensors
        by_dy, sum_zu, sum_u = native_gradient(u, x, gamma, mean, inverse_sigma)
        n = x.numel() // x.shape[1]
        p, q, mean_u, mean_dy = dgamma / n, sum_zu / n, sum_u / n, dbeta / n
        covariance = channel_dot(u, dy) / n - mean_u * mean_dy
        scale = -inverse_sigma.square() * (1 if gamma is None else gamma)
        of_z = scale * (covariance - 3 * p * q) * inverse_sigma  # z is x / σ less a constant
        constant = -of_z * mean - scale * (p * mean_u + q * mean_dy)
        shape = (1, -1, *[1] * (x.ndim - 2))
        by_x = x * of_z.view(shape)
        by_x.addcmul_(u, (scale * p).view(shape)).addcmul_(dy, (scale * q).view(shape)).add_(constant.view(shape))
        return by_dy, by_x, None, None, None


def native_gradient(dy: Tensor, x: Tensor, gamma: Tensor | None, mean: Tensor, inverse_sigma: Tensor) -> Any:
    """Return dx, dγ and dβ."""
    arguments = (dy, x, gamma, None, None, mean, inverse_sigma, True, 0.0, [True, True, True])
    return torch.ops.aten.native_batch_norm_backward(*arguments)


def channel_dot(a: Tensor, b: Tensor) -> Tensor:
    """Return Σ a b for each channel of two tensors [B, C, …], in one pass: dγ of a batch norm that changes nothing."""
    zeros, ones = a.new_zeros(a.shape[1]), a.new_ones(a.shape[1])
    arguments = (a, b, None, None, None, zeros, ones, True, 0.0, [False, True, False])
    return torch.ops.aten.native_batch_norm_backward(*arguments)[1]
