"""Watch the activations of a forward pass: on/off patterns of every ReLU-like output, reduced where they arise."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from proxies.errors import NotApplicableError

# Activations that are positive exactly where their input is, so that the sign of the output is the pattern.
SIGN_PRESERVING: frozenset[Callable[..., Any]] = frozenset(
    getattr(owner, name)
    for owner in (F, torch, Tensor)
    for base in (
        "relu",
        "relu6",
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

# float32 sums of distinct powers of two are exact below 2^24, so a word of 24 samples packs by one product.
WORD_BITS = 24


class Observer(Protocol):
    """Takes the output of one activation after the other; keeps only what it needs."""

    def add(self, outputs: Tensor) -> None:
        """Take in ``outputs`` [S, V]: one row a sample, one column a neuron."""


class ActivationTap(TorchFunctionMode):
    """While active, shows the output of every activation to the observers, functions and modules alike.

    The output is looked at before the network goes on, so that an in-place operation cannot spoil it. What the
    observers cannot take in is kept as ``error``: the pass goes on for whoever else needs it.
    """

    def __init__(self, samples: int, observers: Mapping[str, Observer]) -> None:
        super().__init__()
        self.samples = samples
        self.observers = observers
        self.error: NotApplicableError | None = None

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call ``function`` and show its output if it is an activation."""
        output = function(*args, **(kwargs or {}))
        if function in SIGN_PRESERVING:
            self._show(output.detach())
        return output

    def _show(self, output: Tensor) -> None:
        if output.shape[0] % self.samples:
            shape = tuple(output.shape)
            self.error = NotApplicableError(f"an activation of shape {shape} is not made of {self.samples} samples")
            return
        # Neurons in the order of memory: channels-last outputs need no copy, and patterns have no order anyway.
        order = sorted(range(1, output.ndim), key=output.stride, reverse=True)
        rows = output.permute(0, *order).reshape(self.samples, -1)
        for observer in self.observers.values():
            observer.add(rows)


def on_off(outputs: Tensor) -> Tensor:
    """Return 1.0 where ``outputs`` [S, V] is positive and 0.0 elsewhere, as float32 in one pass."""
    return torch.gt(outputs, 0, out=torch.empty(outputs.shape, dtype=torch.float32, device=outputs.device))


class SampleWisePatterns:
    """Counts the distinct S-bit strings of the neurons exactly, holding packed bits only."""

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self.neurons = 0
        self._powers = [2.0 ** torch.arange(min(WORD_BITS, samples - at)) for at in range(0, samples, WORD_BITS)]
        self._seen: Tensor | None = None  # one flag a possible string, when all strings fit into one word
        self._words: list[Tensor] = []  # [words, V] of each layer otherwise

    def add(self, outputs: Tensor) -> None:
        """Take in one layer's outputs [S, V]."""
        self.neurons += outputs.shape[1]
        bits = on_off(outputs)
        words = [
            powers.to(bits.device) @ part for powers, part in zip(self._powers, bits.split(WORD_BITS), strict=True)
        ]
        if len(words) > 1:
            self._words.append(torch.stack(words).to(torch.int32))
            return
        if self._seen is None:
            self._seen = torch.zeros(2**self.samples, dtype=torch.bool, device=bits.device)
        self._seen.index_fill_(0, words[0].long(), True)

    def count(self) -> int:
        """Return the number of distinct strings over all layers."""
        if self._seen is not None:
            return int(self._seen.sum())
        if not self._words:
            raise NotApplicableError("the network has no ReLU-like activation, so there are no activation patterns")
        first, *others = torch.cat(self._words, dim=1).long()
        codes = first
        for word in others:
            # Number the strings so far from 0: fewer than 2^39 of them, so the next word fits into the low bits.
            codes = (torch.unique(codes, return_inverse=True)[1] << WORD_BITS) | word
        return torch.unique(codes).numel()


class PatternAgreement:
    """Sums, over all neurons, in how many of them each pair of samples is in the same state."""

    def __init__(self, samples: int) -> None:
        self.neurons = 0
        self._kernel = torch.zeros(samples, samples, dtype=torch.float64)

    def add(self, outputs: Tensor) -> None:
        """Take in one layer's outputs [S, V]; x xᵀ + (1-x)(1-x)ᵀ = 2 x xᵀ - Σx_i - Σx_j + V."""
        self.neurons += outputs.shape[1]
        bits = on_off(outputs)
        together = (bits @ bits.T).double().cpu()  # exact: counts below 2^24
        active = together.diagonal()
        self._kernel += 2 * together - active[:, None] - active[None, :] + outputs.shape[1]

    def kernel(self) -> Tensor:
        """Return the float64 matrix [S, S] of the number of neurons in which two samples agree."""
        if not self.neurons:
            raise NotApplicableError("the network has no ReLU-like activation, so there are no activation patterns")
        return self._kernel
