"""Average pooling that keeps no feature map; torch keeps its input, and a map of zeros for the second derivative."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def average_pool(
    input: Tensor,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Return ``F.avg_pool2d`` of the same arguments, equal bit for bit in value and gradient."""
    step = kernel_size if stride is None else stride
    return AveragePool.apply(input, kernel_size, step, padding, ceil_mode, count_include_pad, divisor_override)


class AveragePool(torch.autograd.Function):
    """The means over windows of x [B, C, H, W]. They are linear: no gradient depends on the values of x."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, *windows: Any) -> Tensor:
        """Return the means."""
        ctx.form, ctx.windows = (x.shape, x.stride()), windows
        return F.avg_pool2d(x, *windows)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradient by x."""
        return AveragePoolGradient.apply(dy, ctx.form, ctx.windows), *(None for _ in ctx.windows)


class AveragePoolGradient(torch.autograd.Function):
    """Spreads the gradient of each mean over its window. This is linear in turn: its gradient is the pooling."""

    @staticmethod
    def forward(ctx: Any, dy: Tensor, form: tuple[torch.Size, tuple[int, ...]], windows: tuple[Any, ...]) -> Tensor:
        """Return dx, of shape and strides ``form``."""
        ctx.windows = windows
        x = dy.new_empty_strided(*form)  # never filled, as the kernel asks for its form only
        return torch.ops.aten.avg_pool2d_backward(dy, x, *windows)

    @staticmethod
    def backward(ctx: Any, u: Tensor) -> tuple[Tensor, None, None]:
        """Return uᵀ ∂dx/∂dy."""
        return F.avg_pool2d(u, *ctx.windows), None, None
