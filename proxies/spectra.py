"""Kernels that proxies are made of, and their eigenvalues."""

import torch
from torch import Tensor

from proxies.errors import NonFiniteError


def eigenvalues(kernel: Tensor) -> Tensor:
    """Return the eigenvalues of a symmetric matrix [n, n] in rising order, float64.

    The matrix is made exactly symmetric first. Raises NonFiniteError if an entry is not finite.
    """
    require_finite(kernel)
    return torch.linalg.eigvalsh((kernel + kernel.mT).double() / 2)


def is_singular(spectrum: Tensor, epsilon: float) -> bool:
    """Tell whether the smallest of the rising eigenvalues [n] is no more than rounding.

    ``epsilon`` is the relative error of what the kernel was made of.
    """
    return bool(spectrum[0] <= len(spectrum) * epsilon * spectrum[-1])


def correlation(rows: Tensor) -> Tensor:
    """Return the Pearson correlations float64 [n, n] between ``rows`` [n, m], nan where one is constant.

    Raises NonFiniteError if an entry is not finite.
    """
    require_finite(rows)
    rows = rows.double()
    deviations = rows - rows.mean(dim=1, keepdim=True)
    sizes = deviations.norm(dim=1, keepdim=True)
    constant = sizes <= torch.finfo(torch.float64).eps * rows.norm(dim=1, keepdim=True)
    unit = deviations / sizes.masked_fill(constant, torch.nan)
    return unit @ unit.mT


def require_finite(values: Tensor) -> None:
    """Raise NonFiniteError if there is a NaN or an infinite value."""
    if not torch.isfinite(values).all():
        raise NonFiniteError("the network overflows on this batch: there are NaN or infinite values")
