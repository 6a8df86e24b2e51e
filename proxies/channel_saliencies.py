"""How much the loss moves with each channel that a layer puts out, as Fisher pruning measures it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from proxies.layers import Named

CHANNEL_AXIS: Mapping[Callable[..., Any], int] = {F.conv2d: 1, F.linear: -1}  # of the output of a layer


class ChannelSaliencies:
    """Gathers ½ · mean_n (Σ_position a · ∂L/∂a)² of each output channel a of each layer, as Fisher pruning has it.

    While the network runs, it is a watcher (`passes.Watch`) that keeps the outputs of the layers with the given
    weights; the network goes on with a copy, so that an in-place operation cannot spoil what is kept. While the loss
    is differentiated, within ``gathering``, each output is reduced, and let go, as soon as its gradient is there.
    ``by_layer`` then holds [channels] by name of the layer's weight, summed over the layer's uses.
    """

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        self.by_layer: Named = {}
        self._names = {id(weight): name for name, weight in weights.items()}
        self._kept: list[tuple[str, int, Tensor]] = []

    def __call__(self, function: Callable[..., Any], args: tuple[Any, ...], output: Any) -> Any:
        """Keep ``output`` if ``function`` applies one of the weights."""
        if function not in CHANNEL_AXIS or id(args[1]) not in self._names or not output.requires_grad:
            return output
        self._kept.append((self._names[id(args[1])], CHANNEL_AXIS[function], output))
        return output.clone()

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Take in the gradients that reach the layers during the block."""
        handles = []
        while self._kept:
            handles.append(self._watch(*self._kept.pop()))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _watch(self, name: str, channel_axis: int, output: Tensor) -> Any:
        held = [output]  # emptied by the hook, which gives the memory back

        def reduce(gradient: Tensor) -> None:
            products = (held.pop().detach() * gradient.detach()).movedim(channel_axis, 1)
            per_sample = products.reshape(*products.shape[:2], -1).sum(dim=2)
            self.by_layer[name] = self.by_layer.get(name, 0) + per_sample.square().mean(dim=0) / 2

        return output.register_hook(reduce)
