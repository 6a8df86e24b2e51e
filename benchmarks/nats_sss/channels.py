"""An architecture of NATS-Bench's size space as data: the channels of five cells, written ``8:16:32:64:64``."""

import itertools

from benchmarks.errors import BenchmarkError

Channels = tuple[int, ...]

CELLS = 5
CHOICES = (8, 16, 24, 32, 40, 48, 56, 64)

FORM = f"c1:c2:c3:c4:c5, each one of {', '.join(map(str, CHOICES))}"
_NUMBERS = {str(number): number for number in CHOICES}


def parse(architecture: str) -> Channels:
    """Read an architecture string; raises BenchmarkError if it is not one of the space."""
    parts = architecture.split(":")
    if len(parts) != CELLS or not _NUMBERS.keys() >= set(parts):
        raise BenchmarkError(f"'{architecture}' is not a NATS-Bench size, which reads {FORM}")
    return tuple(_NUMBERS[part] for part in parts)


def to_string(channels: Channels) -> str:
    """Write channels as an architecture string."""
    return ":".join(map(str, channels))


def architectures() -> list[str]:
    """Return the strings of all 32,768 architectures."""
    return [to_string(channels) for channels in itertools.product(CHOICES, repeat=CELLS)]
