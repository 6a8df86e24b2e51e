"""The scores on disk: append-only Parquet shards, safe against kills and against several writers."""

import os
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.files import replacement
from harness.errors import HarnessError

# One score is one row; these columns tell which score it is. Settings that can change a value are all among them.
KEY = [
    "space",
    "network",
    "task",
    "architecture",
    "proxy",
    "version",
    "init",
    "seed",
    "repeat",
    "batch",
    "dtype",
    "device",
]
# The failures that another try may mend: a worker that died, and an exception such as one for lack of memory.
MENDABLE = LOST, FAILED = "lost", "failed"
_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(KEY, pa.string()),
    "version": pa.int64(),
    "seed": pa.int64(),
    "repeat": pa.int64(),
    "value": pa.float64(),
    "status": pa.string(),
    "reason": pa.string(),
    "seconds": pa.float64(),
    "details": pa.string(),
}
SCHEMA = pa.schema(list(_TYPES.items()))


class ScoreStore:
    """All scores in ``folder``. A shard appears whole or not at all.

    Of several rows with one key the newest counts, but one that another try may mend never hides one that it may not.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write ``rows`` as a new shard; raises HarnessError if the disk refuses."""
        if not rows:
            return
        shard = self.folder / f"{time.time_ns()}-{uuid.uuid4().hex[:8]}.parquet"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacement(shard) as temporary, temporary.open("wb") as file:
                pq.write_table(pa.Table.from_pylist(list(rows), SCHEMA), file)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise HarnessError(f"{self.folder} cannot be written ({error.strerror}); what is there stays") from error

    def read(self, **settings: Any) -> pd.DataFrame:
        """Return the rows whose columns equal ``settings``, one for each key: the one that counts."""
        filters = [(column, "=", value) for column, value in settings.items()] or None
        tables = []
        for shard in sorted(self.folder.glob("*.parquet")):
            try:
                tables.append(pq.read_table(shard, schema=SCHEMA, filters=filters))
            except (OSError, pa.ArrowInvalid) as error:
                raise HarnessError(
                    f"{shard} is not a readable shard ({error}); delete it to compute its scores again"
                ) from error
        table = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
        rows = table.to_pandas()
        mendable = rows["status"].isin(MENDABLE)
        return pd.concat([rows[mendable], rows[~mendable]]).drop_duplicates(KEY, keep="last", ignore_index=True)


class Recorder:
    """Gathers rows and writes them to a store every few seconds, and whatever happens, at the end."""

    def __init__(self, store: ScoreStore) -> None:
        self.store = store
        self.rows: list[dict[str, Any]] = []
        self.started = self.written = time.monotonic()

    def add(self, rows: list[dict[str, Any]]) -> None:
        """Take in ``rows``; a kill can cost those of the last seconds, at most a twentieth of the time gone by."""
        self.rows += rows
        now = time.monotonic()
        if now - self.written > min(30.0, max(2.0, (now - self.started) / 20)):
            self.flush()

    def flush(self) -> None:
        """Write what was gathered."""
        rows, self.rows, self.written = self.rows, [], time.monotonic()
        self.store.append(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.flush()
