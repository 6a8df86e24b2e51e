"""What users do today, written down plainly, and how much faster scoring is: one proxy after the other.

Each takes a network and a batch, works on a copy of its own, keeps all activations, and compares whole rows.
"""

import statistics
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.nb201 import NB201, cell
from benchmarks.space import sample
from harness.bench.cases import LARGEST, Case, ratio
from harness.bench.row import Row


def activations(network: nn.Module, images: Tensor) -> Tensor:
    """Return all outputs of ReLU modules, [samples, neurons]."""
    outputs: list[Tensor] = []
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_hook(lambda _, __, output: outputs.append(output.detach().flatten(1)))
    with torch.no_grad():
        network(images)
    return torch.cat(outputs, dim=1)


def layers(network: nn.Module) -> list[Tensor]:
    """Return the weights of convolution and linear layers."""
    return [module.weight for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]


def gradients(network: nn.Module, images: Tensor, labels: Tensor) -> list[Tensor]:
    """Return the gradient of the loss by each of `layers`, zeros where there is none."""
    F.cross_entropy(network(images), labels).backward()
    return [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in layers(network)]


def swap(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Count the distinct rows of the transposed sign matrix."""
    return len(torch.unique(activations(network, images).sign().T, dim=0))


def nwot(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Take the log-determinant of the agreement kernel."""
    codes = (activations(network, images) > 0).double()
    kernel = codes @ codes.T + (1 - codes) @ (1 - codes).T
    return float(torch.linalg.slogdet(kernel).logabsdet)


def grad_norm(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Sum the norms of the gradients."""
    return sum(gradient.norm().item() for gradient in gradients(network, images, labels))


def snip(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Sum |weight × gradient|."""
    found = gradients(network, images, labels)
    return sum((w * g).abs().sum().item() for w, g in zip(layers(network), found, strict=True))


def plain(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Sum weight × gradient."""
    found = gradients(network, images, labels)
    return sum((w * g).sum().item() for w, g in zip(layers(network), found, strict=True))


def jacov(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Score the correlation of the input gradients."""
    images = images.clone().requires_grad_()
    network(images).sum().backward()
    assert images.grad is not None
    eigenvalues = torch.linalg.eigvalsh(torch.corrcoef(images.grad.flatten(1).double()))
    return float(-(torch.log(eigenvalues + 1e-5) + 1 / (eigenvalues + 1e-5)).sum())


PLAIN: Mapping[str, Callable[[nn.Module, Tensor, Tensor], float]] = {
    "swap": swap,
    "nwot": nwot,
    "grad_norm": grad_norm,
    "snip": snip,
    "plain": plain,
    "jacov": jacov,
}


def score(network: nn.Module, images: Tensor, labels: Tensor, names: tuple[str, ...] = tuple(PLAIN)) -> list[float]:
    """Return the scores of ``names``, each from a copy of ``network`` in train mode."""
    return [PLAIN[name](deepcopy(network).train(), images, labels) for name in names]


def today_rows(repeats: int) -> Iterator[Row]:
    """Yield how much faster scoring is than what users do today, building and initialising included, batch 16."""
    images, labels = torch.randn(16, 3, 32, 32), torch.arange(16) % 10
    space = NB201()

    def compare(architecture: str, names: tuple[str, ...], times: int) -> float:
        def ours() -> None:
            Case(space.build(architecture, "cifar10"), images, labels).score(names)

        def today() -> None:
            score(space.build(architecture, "cifar10"), images, labels, names)

        return ratio(today, ours, times)

    some = sample(cell.architectures(), 10 * repeats, seed=0)
    suite = tuple(PLAIN)
    yield Row("SWAP as users do it today, largest network", "SWAP", compare(LARGEST, ("swap",), 3), "at least", 10)
    mean = statistics.mean(compare(architecture, ("swap",), 1) for architecture in some)
    yield Row(f"the same, mean of {len(some)} random networks", "SWAP", mean, "at least", 6)
    together = statistics.mean(compare(architecture, suite, 1) for architecture in some[:repeats])
    yield Row(f"{', '.join(suite)} as users do them today", "the same in one probe", together, "at least", 2.5)
