"""Opens pickles as data: nothing in them can run code, because only named classes are let through."""

import codecs
import io
import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.errors import BenchmarkError
from benchmarks.files import read_bytes

# What the unpickler raises on damaged input besides UnpicklingError; Python documents the list as open.
_DAMAGE = (pickle.UnpicklingError, AttributeError, EOFError, LookupError, TypeError, ValueError)

# Torch's own restricted unpickler raises these as well.
_TORCH_DAMAGE = (*_DAMAGE, AssertionError, RuntimeError, struct.error)

_SCALAR: Any = np.float64(0).__reduce__()[0]

# What results of training are made of besides plain data, in the words of the NumPy of then and of now.
RESULT_CLASSES: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": OrderedDict,
    "numpy.core.multiarray.scalar": _SCALAR,
    "numpy._core.multiarray.scalar": _SCALAR,
    "numpy.dtype": np.dtype,
    **{f"numpy.dtypes.{kind.__name__}": kind for kind in (np.dtypes.Float32DType, np.dtypes.Float64DType)},
    "_codecs.encode": codecs.encode,  # how Python 3 writes bytes for Python 2
}


class _RestrictedUnpickler(pickle.Unpickler):
    allowed: Mapping[str, Callable[..., Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if f"{module}.{name}" not in self.allowed:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not expected there")
        return self.allowed[f"{module}.{name}"]


def load(path: Path, allowed: Mapping[str, Callable[..., Any]], encoding: str = "ASCII") -> Any:
    """Return what is pickled in the file ``path``; see `loads`."""
    return loads(read_bytes(path), path, allowed, encoding)


def loads(content: bytes, path: Path, allowed: Mapping[str, Callable[..., Any]], encoding: str = "ASCII") -> Any:
    """Return what is pickled in ``content``, which came from the file ``path``.

    ``allowed`` maps the qualified names that may occur in it to what shall stand for them; ``encoding`` is that
    of `pickle.load`. Raises BenchmarkError for any other name, or if the file is damaged or cannot be read.
    """
    unpickler = _RestrictedUnpickler(io.BytesIO(content), encoding=encoding)
    unpickler.allowed = allowed
    try:
        return unpickler.load()
    except _DAMAGE as error:
        raise BenchmarkError(f"{path} is corrupt or not the expected file: {error}") from error


def load_torch(path: Path, allowed: Mapping[str, Callable[..., Any]]) -> Any:
    """Return what ``torch.save`` wrote to the file ``path``; ``allowed`` and errors are as for `loads`."""
    try:
        with torch.serialization.safe_globals([(value, name) for name, value in allowed.items()]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise BenchmarkError(f"cannot read {path}: {error.strerror}") from error
    except _TORCH_DAMAGE as error:
        # Torch explains at length how to open the file without restrictions; the reason stands behind these words.
        reason = str(error).split("WeightsUnpickler error: ")[-1].strip().partition("\n")[0]
        raise BenchmarkError(f"{path} is corrupt or not the expected file: {reason or 'it ends too early'}") from error
