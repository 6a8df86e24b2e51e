"""Reads files that come from outside, and writes files whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.errors import BenchmarkError


def read_bytes(path: Path) -> bytes:
    """Return the content of the file ``path``; raises BenchmarkError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BenchmarkError(f"cannot read {path}: {error.strerror}") from error


@contextmanager
def replacement(path: Path) -> Iterator[Path]:
    """Give a temporary path that takes the place of ``path`` if all goes well, and is removed if not.

    Its folder must exist. Its name is that of this process, so that two which write one file do not meet.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
