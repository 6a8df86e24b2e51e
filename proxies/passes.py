"""Conditions under which a network is run, each undone when its block ends."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import TorchFunctionMode

# Takes a torch function, its positional arguments and its output; returns the output or what replaces it.
Watcher = Callable[[Callable[..., Any], tuple[Any, ...], Any], Any]


@contextmanager
def training_mode(network: nn.Module, training: bool) -> Iterator[None]:
    """Put every module of ``network`` into train (or eval) mode, and back into the mode that it was in."""
    before = [(module, module.training) for module in network.modules()]
    try:
        for module, was in before:
            if was != training:
                module.training = training
        yield
    finally:
        for module, was in before:
            if module.training != was:
                module.training = was


@contextmanager
def copied_buffers(network: nn.Module) -> Iterator[None]:
    """Let ``network`` write to copies of its buffers, and put back its own."""
    own = [(module, dict(module._buffers)) for module in network.modules() if module._buffers]
    copies = {id(buffer): buffer.clone() for _, buffers in own for buffer in buffers.values() if buffer is not None}
    try:
        for module, buffers in own:
            module._buffers.update({name: copies.get(id(buffer)) for name, buffer in buffers.items()})
        yield
    finally:
        for module, buffers in own:
            module._buffers.clear()
            module._buffers.update(buffers)


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's random state and give it back as it was."""
    on_cuda = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_cuda else []):
        torch.default_generator.manual_seed(seed)  # not torch.manual_seed, which seeds every device there is
        if on_cuda:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


def stream_seed(seed: int, purpose: str) -> int:
    """Return a seed for one ``purpose``, so that two draws of one probe are independent of each other and of the
    network's own weights, which may have been drawn with ``seed`` itself."""
    return int.from_bytes(sha256(f"{seed}/{purpose}".encode()).digest()[:8], "big") >> 1


class Watch(TorchFunctionMode):
    """While active, shows every call of a torch function to the watchers; functions and modules are seen alike."""

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        super().__init__()
        self.watchers = watchers

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call ``function`` and show its output."""
        output = function(*args, **(kwargs or {}))
        for watcher in self.watchers:
            output = watcher(function, args, output)
        return output


class WithoutBatchNorm(TorchFunctionMode):
    """While active, batch norm returns its input, as SynFlow's code does."""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call ``function``, unless it is batch norm."""
        keywords = kwargs or {}
        if function is F.batch_norm:
            return args[0] if args else keywords["input"]
        return function(*args, **keywords)
