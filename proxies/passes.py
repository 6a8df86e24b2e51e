"""Conditions under which a network is run, each undone when its block ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import TorchFunctionMode


@contextmanager
def train_mode(network: nn.Module, mode: bool = True) -> Iterator[None]:
    """Put ``network`` into train (or eval) mode and every module back into the mode it was in."""
    before = [(module, module.training) for module in network.modules()]
    try:
        network.train(mode)
        yield
    finally:
        for module, training in before:
            module.training = training


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's random state and give it back as it was."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


class WithoutBatchNorm(TorchFunctionMode):
    """While active, batch norm returns its input, as SynFlow's code does."""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call ``function``, unless it is batch norm."""
        return args[0] if function is F.batch_norm else function(*args, **(kwargs or {}))
