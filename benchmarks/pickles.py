"""Opens pickles as data: nothing in them can run code, because only named classes are let through."""

import io
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.files import read_bytes

# What the unpickler raises on damaged input besides UnpicklingError; Python documents the list as open.
_DAMAGE = (pickle.UnpicklingError, EOFError, AttributeError, IndexError, KeyError, TypeError, ValueError)


class _RestrictedUnpickler(pickle.Unpickler):
    allowed: Mapping[str, Callable[..., Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if f"{module}.{name}" not in self.allowed:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not expected there")
        return self.allowed[f"{module}.{name}"]


def load(path: Path, allowed: Mapping[str, Callable[..., Any]], encoding: str = "ASCII") -> Any:
    """Return what is pickled in the file ``path``.

    ``allowed`` maps the qualified names that may occur in it to what shall stand for them; ``encoding`` is that
    of `pickle.load`. Raises BenchmarkError for any other name, or if the file is damaged or cannot be read.
    """
    unpickler = _RestrictedUnpickler(io.BytesIO(read_bytes(path)), encoding=encoding)
    unpickler.allowed = allowed
    try:
        return unpickler.load()
    except _DAMAGE as error:
        raise BenchmarkError(f"{path} is corrupt or not the expected file: {error}") from error
