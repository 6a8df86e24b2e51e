"""One forward pass of a batch that serves several quantities: patterns while it runs, derivatives after it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from proxies.activations import ActivationWatch, Observer
from proxies.channel_saliencies import ChannelSaliencies
from proxies.graph import Graph, leaf
from proxies.layers import layer_names
from proxies.passes import Watch, Watcher
from proxies.patterns import PatternAgreement, SampleWisePatterns, StandardPatterns
from proxies.twice_differentiable import TwiceDifferentiable

# What a pass can serve: patterns that are gathered while it runs …
OBSERVERS: Mapping[str, Callable[[int, torch.device], Observer]] = {
    "sample_wise_patterns": SampleWisePatterns,
    "standard_patterns": StandardPatterns,
    "pattern_agreement": PatternAgreement,
}
# … and what is differentiated after it, in the order that needs least memory: the last one doubles the graph.
DIFFERENTIALS: Mapping[str, Callable[[Graph, bool], Any]] = {
    "outputs": Graph.outputs,
    "tangent_kernel": Graph.tangent_kernel,
    "input_jacobian": Graph.input_jacobian,
    "parameter_gradients": Graph.parameter_gradients,
    "channel_saliencies": Graph.channel_saliencies,
    "hessian_gradient": Graph.hessian_gradient,
}
# Which of them another quantity rests on.
RESTS_ON: Mapping[str, str] = {
    "jacobian_correlation": "input_jacobian",
    "tangent_spectrum": "tangent_kernel",
    "weight_gradients": "parameter_gradients",
    "channel_saliencies": "parameter_gradients",
    "hessian_gradient": "parameter_gradients",
}


@dataclass(eq=False)
class BatchPass:
    """A pass that has been run, and what is needed to take from it what it serves.

    Args:
        names: the quantities, to be taken in this order, each once.
        observers: what has watched the activations, by the name of the quantity.
        activations: what has shown them the activations.
        graph: there if something is to be differentiated.
    """

    names: list[str]
    observers: Mapping[str, Observer]
    activations: ActivationWatch
    graph: Graph | None

    def take(self, name: str) -> Any:
        """Return the quantity ``name``; raises UndefinedError if it does not exist."""
        if name not in self.observers:
            assert self.graph
            return DIFFERENTIALS[name](self.graph, name != self.names[-1])
        if self.activations.error:
            raise self.activations.error
        return self.observers[name]


def run_batch(
    wanted: Collection[str],
    network: nn.Module,
    images: Tensor,
    forward: Callable[..., Any],
    loss: Callable[[Tensor], Tensor],
) -> BatchPass:
    """Run the batch once so that it serves those of ``wanted`` that a pass can serve.

    Args:
        wanted: names of quantities.
        network: whose parameters are differentiated by; left as it is.
        images: [B, …].
        forward: `Probe.forward`.
        loss: maps the outputs to the mean loss.
    """
    observers = {name: make(len(images), images.device) for name, make in OBSERVERS.items() if name in wanted}
    differentials = [name for name in DIFFERENTIALS if name in wanted]
    activations = ActivationWatch(len(images), list(observers.values()))
    watchers: list[Watcher] = [activations] if observers else []
    graph = None
    if differentials:
        graph = run_graph(differentials, network, images, forward, loss, watchers)
    else:
        with torch.inference_mode():
            forward(images, None, Watch(watchers))
    return BatchPass([*observers, *differentials], observers, activations, graph)


def run_graph(
    differentials: Collection[str],
    network: nn.Module,
    images: Tensor,
    forward: Callable[..., Any],
    loss: Callable[[Tensor], Tensor],
    watchers: list[Watcher],
) -> Graph:
    """Run the batch, seen by ``watchers``, and keep what the ``differentials`` need; see `run_batch`."""
    parameters = {name: leaf(value) for name, value in network.named_parameters() if value.is_floating_point()}
    weights = {name: parameters[name] for name in layer_names(network)}
    images = leaf(images)
    saliencies = ChannelSaliencies(weights)
    if "channel_saliencies" in differentials:
        watchers = [*watchers, saliencies]
    twice = TwiceDifferentiable() if "hessian_gradient" in differentials else None
    modes = [mode for mode in (twice, Watch(watchers) if watchers else None) if mode]
    output = forward(images, parameters, *modes)
    return Graph(parameters, weights, images, output, loss, twice, saliencies)


def with_what_they_rest_on(names: Iterable[str]) -> frozenset[str]:
    """Return the quantities ``names`` and those that they rest on."""
    asked = frozenset(names)
    return asked | {RESTS_ON[name] for name in asked & RESTS_ON.keys()}
