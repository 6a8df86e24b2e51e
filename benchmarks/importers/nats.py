"""The official archives of NATS-Bench: ``NATS-tss-v1_0-3ffb9-simple`` and ``NATS-sss-v1_0-50262-simple``.

They are folders, or tars of them, with one bz2-compressed pickle an architecture.
"""

import bz2
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from nats_bench import ArchResults

from benchmarks import pickles
from benchmarks.errors import BenchmarkError
from benchmarks.files import read_bytes
from benchmarks.importers import trials
from benchmarks.importers.runs import Run

# The archives' numbers of epochs, to what is added to the name of a target; the plain name is the longest training.
TOPOLOGY = {"200": "", "12": "_12"}
SIZES = {"90": "", "12": "_12", "01": "_1"}

_PATTERN = "[0-9]*.pickle.pbz2"


def read(path: Path, space: str, suffixes: Mapping[str, str]) -> Mapping[str, Iterator[Run]]:
    """Return the runs of ``space`` in the folder or tar ``path``, read one architecture at a time.

    While they are read, BenchmarkError is raised if a file is damaged or not laid out as in NATS-Bench.
    """
    return {space: _runs(path, suffixes)}


def _runs(path: Path, suffixes: Mapping[str, str]) -> Iterator[Run]:
    for member, content in _folder(path) if path.is_dir() else _tar(path):
        try:
            state = pickles.loads(bz2.decompress(content), member, pickles.RESULT_CLASSES)
            if not state.keys() <= suffixes.keys():
                raise BenchmarkError(f"{member} has results after {_list(state)} epochs instead of {_list(suffixes)}")
            for epochs in state:
                yield from trials.runs(ArchResults.create_from_state_dict(state[epochs]), suffixes[epochs])
        except trials.DAMAGE as error:
            raise BenchmarkError(f"{member} is corrupt or not laid out as expected: {error!r}") from error


def _list(words: Iterable[str]) -> str:
    return ", ".join(map(str, words))


def _folder(path: Path) -> Iterator[tuple[Path, bytes]]:
    for member in sorted(path.glob(_PATTERN)):
        yield member, read_bytes(member)


def _tar(path: Path) -> Iterator[tuple[Path, bytes]]:
    try:
        with tarfile.open(path, "r|*") as tar:
            for member in tar:
                file = tar.extractfile(member)
                if file is not None and Path(member.name).match(_PATTERN):
                    yield path / member.name, file.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BenchmarkError(f"{path} is neither a folder nor an intact tar: {error}") from error
