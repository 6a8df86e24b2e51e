"""``NAS-Bench-201-v1_1-096897.pth``, the official archive of NAS-Bench-201 (4.7 GB).

The file is one pickle, which cannot be read in parts: that takes some seven times its size in memory. Who has less of
it, takes NATS-Bench's archive of the same networks (`benchmarks.importers.nats`), which is read piece by piece.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from nas_201_api import ArchResults

from benchmarks import pickles
from benchmarks.errors import BenchmarkError
from benchmarks.importers import trials
from benchmarks.importers.runs import Run

# The archive's two kinds of training, 200 epochs and 12, to what is added to the name of a target.
# The package's own queries default to 12 epochs, whose ranking is another (Spearman .87).
SUFFIXES = {"full": "", "less": "_12"}


def read(path: Path) -> Mapping[str, Iterator[Run]]:
    """Return the runs of nb201 in the file; raises BenchmarkError if it is damaged or another file."""
    content = pickles.load_torch(path, pickles.RESULT_CLASSES)
    if not isinstance(content, dict) or "arch2infos" not in content:
        raise BenchmarkError(f"{path} is not an archive of NAS-Bench-201: it has no 'arch2infos'")
    return {"nb201": _runs(content["arch2infos"], path)}


def _runs(states: dict[int, dict], path: Path) -> Iterator[Run]:
    for index in sorted(states):
        try:
            for kind, suffix in SUFFIXES.items():
                yield from trials.runs(ArchResults.create_from_state_dict(states[index][kind]), suffix)
        except trials.DAMAGE as error:
            raise BenchmarkError(f"{path}: architecture {index} is not laid out as expected: {error!r}") from error
