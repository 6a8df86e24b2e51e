"""Reads files that come from outside; one that cannot be read is an error that names it."""

from pathlib import Path

from benchmarks.errors import BenchmarkError


def read_bytes(path: Path) -> bytes:
    """Return the content of the file ``path``; raises BenchmarkError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BenchmarkError(f"cannot read {path}: {error.strerror}") from error
