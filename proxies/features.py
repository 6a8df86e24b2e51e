"""The features that the head of a network reads, found in a forward pass of any network."""

import inspect
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from proxies.activations import SIGN_PRESERVING
from proxies.errors import NotApplicableError

CONVOLUTIONS = frozenset({F.conv2d, F.conv_transpose2d})
BATCH_NORM = inspect.signature(F.batch_norm)
MOMENTUM = 0.1  # torch's default, and that of Zen-NAS


class FeatureWatch(TorchFunctionMode):
    """While active, finds the features, and keeps running variances of the batch norms on the way.

    The features are the last feature map [B, C, H, W] that is pooled to one position or flattened. If a batch norm
    ends the network before that, with or without an activation, they are what enters it, unless it follows a
    convolution: a pre-activation network normalises the sum of its blocks there, which belongs to the head.

    Args:
        variances: running variance [C] of each batch norm in the order of the pass; updated, and extended by those
            that are not there yet, which start from 1. Those of the network itself are not used: it may have none.
    """

    def __init__(self, variances: list[Tensor]) -> None:
        super().__init__()
        self.variances = variances
        self.body_norms = 0  # how many of the batch norms come before the features
        self._norms = 0
        self._features: Tensor | None = None
        self._convolved: tuple[Any, int] = (None, 0)  # output of the last convolution, and its version
        self._normalised: tuple[Any, Any] = (None, None)  # input, unless that is the last convolution's, and output
        self._activated: tuple[Any, Any] = (None, None)  # input and output of the last activation

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call ``function`` and take in what it does."""
        if function is F.batch_norm:
            return self._normalise(**BATCH_NORM.bind(*args, **(kwargs or {})).arguments)
        output = function(*args, **(kwargs or {}))
        if args and isinstance(args[0], Tensor) and isinstance(output, Tensor):
            source = args[0]
            if function in CONVOLUTIONS:
                self._convolved = output, output._version
            elif function in SIGN_PRESERVING:
                self._activated = source, output
            if self._convolved[0] is not None and is_map(source) and is_reduced(output, source):
                self._end_at(source)
        return output

    def features(self, output: Any) -> Tensor:
        """Return the features [B, C, H, W], given what the network put out; that itself if it is a feature map.

        Raises NotApplicableError if there are none.
        """
        if isinstance(output, Tensor) and is_map(output):
            self._end_at(output)
        if self._features is None:
            raise NotApplicableError("the network has no feature map that is pooled or flattened in the end")
        return self._features

    def _normalise(
        self, input: Tensor, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5, **_: Any
    ) -> Tensor:
        convolved, version = self._convolved
        follows_convolution = input is convolved and input._version == version  # nothing was added to it in place
        if self._norms == len(self.variances):
            self.variances.append(input.new_ones(input.shape[1]))
        running = self.variances[self._norms]
        output = F.batch_norm(input, torch.zeros_like(running), running, weight, bias, True, MOMENTUM, eps)
        self._norms += 1
        self._normalised = None if follows_convolution else input, output
        return output

    def _end_at(self, features: Tensor) -> None:
        self._features, self.body_norms = features, self._norms
        before_activation = self._activated[0] if features is self._activated[1] else features
        entered, left = self._normalised
        if before_activation is left and entered is not None:
            self._features, self.body_norms = entered, self._norms - 1


def is_map(tensor: Tensor) -> bool:
    """Tell whether a tensor is [B, C, H, W] with more than one position."""
    return tensor.ndim == 4 and tensor.shape[2] * tensor.shape[3] > 1


def is_reduced(output: Tensor, source: Tensor) -> bool:
    """Tell whether ``output`` is, for each image of ``source``, something else than a feature map."""
    return not is_map(output) and output.ndim > 1 and len(output) == len(source)
