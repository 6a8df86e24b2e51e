"""The activations of a forward pass, seen as on or off while the network runs."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from proxies.errors import NotApplicableError

# Activations that are positive exactly where their input is, so that the sign of the output is the pattern.
# Hardtanh is among them because nn.ReLU6 calls it.
SIGN_PRESERVING: frozenset[Callable[..., Any]] = frozenset(
    getattr(owner, name)
    for owner in (F, torch, Tensor)
    for base in (
        "relu",
        "relu6",
        "hardtanh",
        "leaky_relu",
        "prelu",
        "rrelu",
        "elu",
        "celu",
        "selu",
        "gelu",
        "silu",
        "mish",
        "hardswish",
    )
    for name in (base, base + "_")
    if hasattr(owner, name)
)


class Observer(Protocol):
    """Takes the pattern of one activation after the other; keeps only what it needs."""

    def add(self, active: Tensor) -> None:
        """Take in ``active`` [S, V], float32: 1 where a neuron (column) is on for a sample (row), else 0."""


class ActivationWatch:
    """Shows the pattern of every activation to the observers, functions and modules alike; see `passes.Watch`.

    An output is looked at before the network goes on, so that an in-place operation cannot spoil it. What the
    observers cannot take in is kept as ``error``: the pass goes on for whoever else needs it.
    """

    def __init__(self, samples: int, observers: list[Observer]) -> None:
        self.samples = samples
        self.observers = observers
        self.error: NotApplicableError | None = None

    def __call__(self, function: Callable[..., Any], args: tuple[Any, ...], output: Any) -> Any:
        """Take in ``output`` if ``function`` is an activation, and hand it on."""
        if function in SIGN_PRESERVING:
            self._show(output.detach())
        return output

    def _show(self, output: Tensor) -> None:
        if output.ndim == 0 or output.shape[0] % self.samples:
            shape = tuple(output.shape)
            self.error = NotApplicableError(f"an activation of shape {shape} is not made of {self.samples} samples")
            return
        with full_precision(output.device.type):
            active = on_off(by_sample(output, self.samples))
            for observer in self.observers:
                observer.add(active)


def full_precision(device: str) -> AbstractContextManager[Any]:
    """Suspend autocast, if it is on: half precision cannot hold packed bits and counts."""
    return torch.autocast(device, enabled=False) if torch.is_autocast_enabled(device) else nullcontext()


def by_sample(output: Tensor, samples: int) -> Tensor:
    """Return ``output`` as one row a sample, [S, V], neurons in the order of memory.

    Channels-last outputs then need no copy, and the order of the neurons makes no difference to any pattern count.
    """
    if not output.is_contiguous():
        order = sorted(range(1, output.ndim), key=output.stride, reverse=True)
        output = output.permute(0, *order)
    return output.reshape(samples, -1)


def on_off(outputs: Tensor) -> Tensor:
    """Return 1.0 where ``outputs`` is positive and 0.0 elsewhere, as float32 (which torch writes faster than bool)."""
    return torch.gt(outputs, 0, out=torch.empty(outputs.shape, dtype=torch.float32, device=outputs.device))
