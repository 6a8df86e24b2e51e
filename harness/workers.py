"""Spread the scoring over worker processes and write down what comes back."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from joblib import Parallel, cpu_count, delayed
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from harness.errors import HarnessError
from harness.scoring import Item, Setting, score_chunk
from harness.store import ScoreStore

CHUNK = 4  # architectures that a worker takes at a time
FLUSH_SECONDS = 2.0  # what a kill costs at most, besides the chunks under way


def worker_count(workers: str) -> int:
    """Return the number of processes that ``workers`` means: a number, or "auto" for one a core."""
    if workers == "auto":
        return int(cpu_count())
    if not workers.isdigit() or int(workers) < 1:
        raise HarnessError(f"workers={workers} is neither 'auto' nor a number of at least 1")
    return int(workers)


def score_all(setting: Setting, items: Sequence[Item], workers: int, store: ScoreStore) -> None:
    """Score ``items`` and append the rows to ``store`` as they come; nothing that came is lost to an exception."""
    rows: list[dict[str, Any]] = []
    written = time.monotonic()
    try:
        with progress_bar() as bar:
            task = bar.add_task("scoring", total=len(items))
            for done, chunk_rows in _scored(setting, items, workers):
                rows += chunk_rows
                bar.advance(task, done)
                if time.monotonic() - written > FLUSH_SECONDS:
                    store.append(rows)
                    rows, written = [], time.monotonic()
    finally:
        store.append(rows)


def progress_bar() -> Progress:
    """Return a progress bar with the time left; it is silent when nobody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, disable=not console.is_terminal
    )


def _scored(setting: Setting, items: Sequence[Item], workers: int) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the number of items and the rows of each chunk when it is done."""
    chunks = [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
    parallel = Parallel(n_jobs=min(workers, len(chunks)) or 1, return_as="generator_unordered", batch_size=1)
    yield from parallel(delayed(_score_counted)(setting, chunk) for chunk in chunks)


def _score_counted(setting: Setting, items: Sequence[Item]) -> tuple[int, list[dict[str, Any]]]:
    return len(items), score_chunk(setting, items)
