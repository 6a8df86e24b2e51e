"""Spread the scoring over processes or machines and write down what comes back."""

import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from pickle import PicklingError
from typing import Any

import torch
from joblib import Parallel, cpu_count, delayed
from joblib.externals.loky.process_executor import BrokenProcessPool
from rich.progress import BarColumn, MofNCompleteColumn, TimeElapsedColumn, TimeRemainingColumn

from harness.engines import CLUSTERS, RETURNING_LISTS, engine
from harness.errors import HarnessError
from harness.progress import progress
from harness.scoring import Item, Setting, lost_rows, score_chunk
from harness.store import Recorder, ScoreStore

CHUNK = 4  # architectures that a worker takes at a time …
FEW = 256  # … unless there are fewer: then one, so that a kill costs less and none waits for a chunk of large ones
WAVE = 8  # chunks for each worker of an engine that returns nothing until all that it was given is done
DEATHS = 3  # of all workers in a row, with nothing scored between, before the run gives up

COLUMNS = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())

Rows = list[dict[str, Any]]


def worker_count(workers: str, device: str) -> int:
    """Return the number of processes that ``workers`` means: a number, or "auto" for one a core, or one a GPU."""
    if workers == "auto":
        return {"cpu": cpu_count, "cuda": torch.cuda.device_count}.get(device, lambda: 1)()
    if not workers.isdigit() or int(workers) < 1:
        raise HarnessError(f"workers={workers} is neither 'auto' nor a number of at least 1")
    return int(workers)


def score_all(setting: Setting, items: Sequence[Item], workers: int, backend: str, store: ScoreStore) -> None:
    """Score ``items`` and append the rows to ``store`` as they come, in whatever order they come.

    One worker scores in this process, several in processes of their own or, with another ``backend`` than loky, on
    the machines of that engine. Nothing that came is lost to an exception or an interrupt. A chunk whose worker died
    is tried once more by itself, then recorded as lost with the reason; a later run tries it again.
    """
    size = CHUNK if len(items) >= FEW else 1
    left = {number: items[start : start + size] for number, start in enumerate(range(0, len(items), size))}
    deaths = 0
    with Recorder(store) as recorder, progress(*COLUMNS) as bar, tempfile.TemporaryDirectory() as ledger:
        task = bar.add_task("scoring", total=len(items))
        while left:
            try:
                for number, rows in _score(setting, left, workers, backend, Path(ledger)):
                    recorder.add(rows)
                    bar.advance(task, len(left.pop(number)))
                    deaths = 0
            except BrokenProcessPool as error:
                deaths += 1
                if deaths > DEATHS:
                    raise HarnessError(
                        "the worker processes die before they score anything, perhaps for lack of memory; "
                        "try workers=1 or a smaller inputs.batch_size"
                    ) from error
                for number in _under_way(Path(ledger)) & left.keys():
                    recorder.add(_score_alone(setting, left[number], Path(ledger)))
                    bar.advance(task, len(left.pop(number)))


def _score(
    setting: Setting, chunks: Mapping[int, Sequence[Item]], workers: int, backend: str, ledger: Path
) -> Iterator[tuple[int, Rows]]:
    """Yield the number and the rows of each chunk when it is done."""
    jobs = min(workers, len(chunks))
    backend = backend if jobs > 1 else "sequential"
    calls = [delayed(_score_noted)(setting, number, chunk, ledger) for number, chunk in chunks.items()]
    with engine(backend), warnings.catch_warnings():
        # loky replaces a worker that has grown by some 100 MB between chunks; nothing is lost by that.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given to the executor")
        try:
            if backend in RETURNING_LISTS:
                with Parallel(n_jobs=jobs, batch_size=1) as pool:
                    for start in range(0, len(calls), WAVE * jobs):
                        yield from pool(calls[start : start + WAVE * jobs])
            else:
                yield from Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)(calls)
        except Exception as error:  # scoring raises none: every kind of cluster has its own for dead machines
            if backend not in CLUSTERS or isinstance(error, PicklingError):
                raise
            raise HarnessError(
                f"the {backend} cluster failed ({type(error).__name__}: {error}); "
                "what had come back is kept, and the same command goes on from there"
            ) from error


def _score_alone(setting: Setting, chunk: Sequence[Item], ledger: Path) -> Rows:
    """Return the rows of one chunk, scored in a process of its own, or rows that say that this died as well."""
    try:
        with engine("loky"):  # with two jobs: a single one would run in this process
            [(_, rows)] = Parallel(n_jobs=2)([delayed(_score_noted)(setting, 0, chunk, ledger)])
    except BrokenProcessPool:
        return lost_rows(setting, chunk, "its worker process died twice: a crash, or killed for lack of memory")
    return list(rows)


def _score_noted(setting: Setting, number: int, chunk: Sequence[Item], ledger: Path) -> tuple[int, Rows]:
    """Score a chunk while a file in ``ledger`` says that this process is at it."""
    if not ledger.is_dir():  # another machine's
        return number, score_chunk(setting, chunk)
    note = ledger / str(os.getpid())
    note.write_text(str(number))
    rows = score_chunk(setting, chunk)
    note.unlink()
    return number, rows


def _under_way(ledger: Path) -> set[int]:
    """Return the numbers of the chunks that dead workers were at, and forget them."""
    notes = list(ledger.iterdir())
    numbers = {int(text) for note in notes if (text := note.read_text())}
    for note in notes:
        note.unlink()
    return numbers
