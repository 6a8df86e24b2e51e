"""Errors of the proxies; their text is written for the person at the keyboard."""

import torch

LACK_OF_MEMORY = ("can't allocate memory", "not enough memory")  # what torch says on a CPU


class ProxyError(Exception):
    """A proxy cannot do what was asked; the text says what is wrong and what to do."""


class UnknownNameError(ProxyError):
    """No plug-in has this name."""


class UndefinedError(ProxyError):
    """The quantity does not exist for this network on this batch; ``status`` goes into the score."""

    status = "degenerate"


class NotApplicableError(UndefinedError):
    """The proxy is not defined for this kind of network, task or batch."""

    status = "not_applicable"


class NonFiniteError(UndefinedError):
    """The network overflows, so that the quantity is not a number."""

    status = "non_finite"


def is_lack_of_memory(error: Exception) -> bool:
    """Tell whether memory ran out, which says nothing about the network: a smaller batch or another try may do."""
    return isinstance(error, torch.OutOfMemoryError) or any(text in str(error) for text in LACK_OF_MEMORY)
