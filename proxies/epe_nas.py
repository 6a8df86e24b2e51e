"""EPE-NAS: correlation of input gradients within each class (Lopes et al. 2021)."""

from itertools import product

import torch
from torch import Tensor

from proxies.errors import NotApplicableError, UndefinedError
from proxies.probe import Probe
from proxies.proxy import measured

MANY_CLASSES = 100  # above it the authors compare the classes with each other


@measured(
    "epe_nas",
    reads=("jacobian_correlation", "outputs"),
    needs=("images", "labels"),
    min_batch=2,
    paper="Lopes et al., EPE-NAS, ICANN 2021, arXiv 2102.08099",
)
def epe_nas(probe: Probe) -> float:
    """Σ_c |s_c| for up to 100 classes, else Σ_{c,c'} |s_c − s_c'| / C; s_c = Σ_{i,j in c} log(|R_ij| + 1e-5).

    R [B, B] are the correlations that ``jacov`` uses, C is the number of classes that occur at least twice in the
    batch; with more than 100 classes s_c is divided by the number of images in c. The number of classes is that of
    the outputs. float64, train mode.

    Deviations from the authors' code: a class with a single image correlates with nothing and is left out (there it
    adds 1e-5, or is dropped by an exception that nobody sees). If no class occurs twice, or for a task without
    classes, there is no score: never 0.
    """
    outputs = probe.outputs
    classes = class_indices(probe.labels, outputs)
    logarithms = (probe.jacobian_correlation.abs() + 1e-5).log()
    members = [torch.nonzero(classes == each).flatten() for each in classes.unique()]
    repeated = [indices for indices in members if len(indices) > 1]
    if not repeated:
        raise UndefinedError("no class occurs twice in the batch; take a larger one")
    if outputs.shape[1] <= MANY_CLASSES:
        return sum(abs(within(logarithms, indices)) for indices in repeated)
    scores = [within(logarithms, indices) / len(indices) for indices in repeated]
    return sum(abs(one - other) for one, other in product(scores, repeat=2)) / len(scores)


def within(logarithms: Tensor, indices: Tensor) -> float:
    """Return the sum of a matrix over the rows and columns ``indices``."""
    return logarithms[indices][:, indices].sum().item()


def class_indices(labels: Tensor | None, outputs: Tensor) -> Tensor:
    """Return the class [B] of each image; of a distribution over the classes [B, C], the likeliest."""
    if labels is None:
        raise NotApplicableError("images are grouped by class, which needs labels")
    if outputs.ndim == 2:
        if labels.ndim == 1 and not labels.is_floating_point():
            return labels
        if labels.shape == outputs.shape and is_distribution(labels):
            return labels.argmax(dim=1)
    raise NotApplicableError("images are grouped by class, but the labels of this task are no classes")


def is_distribution(labels: Tensor) -> bool:
    """Tell whether each row of [B, C] is a distribution over classes."""
    sums = labels.sum(dim=1, dtype=torch.float64)
    return bool((labels >= 0).all()) and torch.allclose(sums, torch.ones_like(sums), atol=1e-3)
