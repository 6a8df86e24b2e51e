"""The features that the head of a network reads, found in a forward pass of any network."""

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from proxies.activations import SIGN_PRESERVING
from proxies.errors import NotApplicableError

CONVOLUTIONS = frozenset({F.conv2d, F.conv_transpose2d})


class FeatureWatch:
    """Finds the features and the variances that batch norm divides by on the way; see `passes.Watch`.

    The features are the last feature map [B, C, H, W] that is pooled to one position or flattened. If a batch norm
    ends the network before that, with or without an activation, they are what enters it, unless it follows a
    convolution: a pre-activation network normalises the sum of its blocks there, which belongs to the head.
    ``variances`` holds one [C] a batch norm, those of the head left out.
    """

    def __init__(self) -> None:
        self._features: Tensor | None = None
        self.variances: list[Tensor] = []
        self._seen: list[Tensor] = []
        self._convolved: tuple[Any, int] = (None, 0)  # output of the last convolution, and its version
        self._normalised: tuple[Any, Any] = (None, None)  # input, unless that is the last convolution's, and output
        self._activated: tuple[Any, Any] = (None, None)  # input and output of the last activation

    def __call__(self, function: Callable[..., Any], args: tuple[Any, ...], output: Any) -> Any:
        """Take in one call."""
        if not args or not isinstance(args[0], Tensor) or not isinstance(output, Tensor):
            return output
        source = args[0]
        if function in CONVOLUTIONS:
            self._convolved = output, output._version
        elif function is F.batch_norm:
            convolved, version = self._convolved
            follows_convolution = source is convolved and source._version == version  # nothing was added in place
            self._normalised = None if follows_convolution else source, output
            self._seen.append(source.transpose(0, 1).flatten(1).var(dim=1))
        elif function in SIGN_PRESERVING:
            self._activated = source, output
        if self._convolved[0] is not None and is_map(source) and not is_map(output) and len(output) == len(source):
            self._end_at(source)
        return output

    def of(self, output: Any) -> Tensor:
        """Return the features [B, C, H, W], given what the network put out; NotApplicableError if there are none."""
        if isinstance(output, Tensor) and is_map(output):
            self._end_at(output)
        if self._features is None:
            raise NotApplicableError("the network has no feature map that is pooled or flattened in the end")
        return self._features

    def _end_at(self, features: Tensor) -> None:
        self._features, self.variances = features, list(self._seen)
        before_activation = self._activated[0] if features is self._activated[1] else features
        entered, left = self._normalised
        if before_activation is left and entered is not None:
            self._features = entered
            self.variances.pop()


def is_map(tensor: Tensor) -> bool:
    """Tell whether a tensor is [B, C, H, W] with more than one position."""
    return tensor.ndim == 4 and tensor.shape[2] * tensor.shape[3] > 1
