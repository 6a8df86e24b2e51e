"""One untrained network on one fixed batch: every quantity that a proxy can read, computed once, when asked for."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar, overload

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode

from proxies.activations import ActivationTap, Observer, PatternAgreement, SampleWisePatterns
from proxies.errors import NotApplicableError, UndefinedError
from proxies.passes import WithoutBatchNorm, seeded, train_mode

T = TypeVar("T")
Loss = Callable[[Tensor, Tensor], Tensor]


class quantity(Generic[T]):
    """A lazily computed, cached attribute of a probe that knows its own cost.

    A quantity that is undefined stays so: the error is kept and raised again for the next reader.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, probe: None, owner: type) -> Self: ...
    @overload
    def __get__(self, probe: "Probe", owner: type) -> T: ...
    def __get__(self, probe: "Probe | None", owner: type) -> T | Self:
        return self if probe is None else probe._read(self.name, self.compute)


class Probe:
    """A network at initialisation, one batch, and what can be known from them.

    Args:
        network: any module that maps images to outputs; it is used as it is and left exactly as it was
            (parameters, buffers, modes, hooks, requires_grad, .grad), also after an exception.
        images: float tensor [B, C, H, W] on the network's device.
        labels: what ``loss`` takes as its second argument, or None where there are none.
        loss: maps (outputs, labels) to a scalar; the mean cross entropy unless said otherwise.
        wanted: names of the quantities that will be read, so that one pass can serve several of them.
            A hint only: it changes cost, never a value.
        seed: seed of whatever is random in a pass (dropout, noise).

    All passes run in train mode, so that batch norm uses the statistics of the batch, on copies of the buffers.
    """

    def __init__(
        self,
        network: nn.Module,
        images: Tensor,
        labels: Tensor | None = None,
        *,
        loss: Loss = F.cross_entropy,
        wanted: Iterable[str] = (),
        seed: int = 0,
    ) -> None:
        self.network = network
        self.images = images
        self.labels = labels
        self.seed = seed
        self._loss = loss
        self._wanted = frozenset(wanted)
        self._cache: dict[str, Any] = {}
        self._cost: dict[str, float] = {}  # seconds of a quantity without those that it read
        self._dependencies: dict[str, set[str]] = {}
        self._open: list[tuple[set[str], list[float]]] = []  # of each read under way: what it reads, its inner time

    # --- reading and its cost ---------------------------------------------------------------------------------

    def _read(self, name: str, compute: Callable[["Probe"], T]) -> T:
        if self._open:
            self._open[-1][0].add(name)
        if name not in self._cache:
            with self._measure(name):
                try:
                    self._cache[name] = compute(self)
                except UndefinedError as error:
                    self._cache[name] = error
        result = self._cache[name]
        if isinstance(result, UndefinedError):
            raise type(result)(*result.args)
        return result

    @contextmanager
    def _measure(self, name: str) -> Iterator[None]:
        reads: set[str] = set()
        inner: list[float] = []
        self._open.append((reads, inner))
        start = self._clock()
        try:
            yield
        finally:
            elapsed = self._clock() - start
            self._open.pop()
            self._cost[name] = elapsed - sum(inner)
            self._dependencies[name] = reads
            if self._open:
                self._open[-1][1].append(elapsed)

    def _clock(self) -> float:
        if self.images.is_cuda:
            torch.cuda.synchronize(self.images.device)
        return time.perf_counter()

    @contextmanager
    def timed(self) -> Iterator[Callable[[], float]]:
        """Measure a piece of work; the function it gives returns, afterwards, the seconds of that work and of all
        quantities that it read, also of those that an earlier reader had already paid for."""
        with self._measure("") as _:
            yield lambda: sum(self._cost[name] for name in self._closure(""))

    def reads(self) -> frozenset[str]:
        """Return the names of the quantities that the last timed work read itself."""
        return frozenset(self._dependencies.get("", ()))

    def _closure(self, name: str) -> set[str]:
        found, queue = {name}, [name]
        while queue:
            new = self._dependencies.get(queue.pop(), set()) - found
            found |= new
            queue += new
        return found

    # --- passes -----------------------------------------------------------------------------------------------

    def forward(
        self,
        images: Tensor,
        parameters: Mapping[str, Tensor],
        mode: AbstractContextManager[Any] | None = None,
    ) -> Tensor:
        """Run the network on ``images`` in train mode, with ``parameters`` in the place of its own of that name."""
        buffers = {name: buffer.clone() for name, buffer in self.network.named_buffers()}
        with train_mode(self.network), seeded(self.seed, images.device), mode or nullcontext():
            return functional_call(self.network, {**buffers, **parameters}, (images,))

    def _tap(self, patterns: Iterable[str]) -> ActivationTap:
        samples = len(self.images)
        return ActivationTap(samples, {name: OBSERVERS[name](samples) for name in patterns})

    @quantity
    def _graph(self) -> "Graph":
        """One forward of the batch that can be differentiated; it also shows the wanted patterns to their observers."""
        weights = {name: weight.detach().requires_grad_() for name, weight in self.layer_weights.items()}
        images = self.images.detach()
        tap = self._tap(self._wanted & OBSERVERS.keys())
        with torch.enable_grad():
            outputs = self.forward(images, weights, tap if tap.observers else None)
        return Graph(weights, outputs, tap)

    def _graph_for(self, reader: str) -> "Graph":
        """Return a graph that was not used up; the last wanted reader frees its memory."""
        if self._graph.spent:
            del self._cache["_graph"]
        graph = self._graph
        graph.spent = not (self._wanted & GRAPH_READERS) - self._cache.keys() - {reader}
        return graph

    @quantity
    def _watched(self) -> ActivationTap:
        """The observers of all wanted patterns, after the one pass that they share."""
        if self._wanted & GRAPH_READERS:
            return self._graph.tap
        tap = self._tap(self._wanted & OBSERVERS.keys())
        with torch.inference_mode():
            self.forward(self.images, {}, tap)
        return tap

    def _observer(self, pattern: str) -> Any:
        if pattern in self._wanted:
            tap = self._watched
        else:
            tap = self._tap([pattern])
            with torch.inference_mode():
                self.forward(self.images, {}, tap)
        if tap.error:
            raise tap.error
        return tap.observers[pattern]

    # --- quantities -------------------------------------------------------------------------------------------

    @quantity
    def layer_weights(self) -> dict[str, Tensor]:
        """Weights of all convolution and linear layers by parameter name (no biases, no batch norm)."""
        weights = {
            f"{name}.weight".lstrip("."): module.weight.detach()
            for name, module in self.network.named_modules()
            if isinstance(module, nn.Conv2d | nn.Linear)
        }
        if not weights:
            raise NotApplicableError("the network has no convolution and no linear layer")
        return weights

    @quantity
    def trainable_parameters(self) -> int:
        """Number of trainable scalars."""
        return sum(parameter.numel() for parameter in self.network.parameters() if parameter.requires_grad)

    @quantity
    def multiply_accumulates(self) -> int:
        """Multiply-accumulates of one sample in convolutions and matrix products; biases, batch norm, pooling and
        activations are not counted."""
        counter = FlopCounterMode(display=False)
        with train_mode(self.network, False), torch.no_grad(), counter:
            self.network(self.images[:1])
        return counter.get_total_flops() // 2

    @quantity
    def sample_wise_patterns(self) -> SampleWisePatterns:
        """On/off strings over the batch, one a neuron, of every ReLU-like output."""
        return self._observer("sample_wise_patterns")

    @quantity
    def pattern_agreement(self) -> PatternAgreement:
        """For each pair of samples, the number of neurons that are in the same state."""
        return self._observer("pattern_agreement")

    @quantity
    def weight_gradients(self) -> dict[str, Tensor]:
        """Gradient of the loss with respect to each of `layer_weights`; zeros where a layer is not reached."""
        if self.labels is None:
            raise NotApplicableError("the loss needs labels")
        graph = self._graph_for("weight_gradients")
        loss = self._loss(graph.outputs, self.labels)
        return self._differentiate(loss, graph.weights, retain_graph=not graph.spent)

    @quantity
    def synaptic_flow(self) -> dict[str, Tensor]:
        """|w|·dR/d|w| of each of `layer_weights` in float64: R is the sum of the outputs for one all-ones image when
        every parameter is replaced by its absolute value and batch norm by the identity (Tanaka et al. 2020)."""
        parameters = {name: value.detach().double().abs() for name, value in self.network.named_parameters()} | {
            name: buffer.double().abs() for name, buffer in self.network.named_buffers() if buffer.is_floating_point()
        }
        weights = {name: parameters[name].requires_grad_() for name in self.layer_weights}
        ones = torch.ones_like(self.images[:1], dtype=torch.float64)
        with torch.enable_grad():
            flow = self.forward(ones, parameters, WithoutBatchNorm()).sum()
        gradients = self._differentiate(flow, weights)
        return {name: weights[name].detach() * gradients[name] for name in weights}

    @staticmethod
    def _differentiate(target: Tensor, weights: Mapping[str, Tensor], retain_graph: bool = False) -> dict[str, Tensor]:
        """Return d target / d weight by name; raises UndefinedError if there is none or it is zero everywhere."""
        if not target.requires_grad:
            raise UndefinedError("the output does not depend on the weights of any layer")
        found = torch.autograd.grad(target, list(weights.values()), allow_unused=True, retain_graph=retain_graph)
        gradients = {
            name: torch.zeros_like(weight) if gradient is None else gradient
            for (name, weight), gradient in zip(weights.items(), found, strict=True)
        }
        if not any(gradient.any() for gradient in gradients.values()):
            raise UndefinedError("the gradient is zero in every layer: nothing in the network reaches the output")
        return gradients


@dataclass
class Graph:
    """A forward pass kept for differentiation; ``spent`` once its memory has been given back."""

    weights: dict[str, Tensor]
    outputs: Tensor
    tap: ActivationTap
    spent: bool = False


# Patterns are gathered while a pass runs; these are the quantities that hold their observers.
OBSERVERS: Mapping[str, Callable[[int], Observer]] = {
    "sample_wise_patterns": SampleWisePatterns,
    "pattern_agreement": PatternAgreement,
}
# Quantities that differentiate the shared graph.
GRAPH_READERS = frozenset({"weight_gradients"})
