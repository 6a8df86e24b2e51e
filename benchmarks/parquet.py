"""One Parquet file a space: trained results, with where they come from written into them."""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from textwrap import shorten

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pandas.api.types import is_string_dtype

from benchmarks.errors import BenchmarkError
from benchmarks.files import read_bytes, replacement
from benchmarks.space import Truth

_KEY = b"zcbench"  # of the metadata in the file's schema
_ADVICE = "delete it and fetch or import it again"


@dataclass(frozen=True)
class Origin:
    """Where a table comes from: what it was made of, on which day (ISO 8601), and what to cite.

    ``inputs`` maps the names of the files to their checksums; ``note`` says what a reader must know of the numbers.
    """

    source: str
    licence: str
    citation: str
    note: str
    inputs: Mapping[str, str]
    date: str


def path(data: Path, space: str) -> Path:
    """Return where the table of ``space`` lies in the folder ``data``."""
    return data / "tables" / f"{space}.parquet"


def write(data: Path, space: str, table: pd.DataFrame, origin: Origin) -> Path:
    """Write ``table``, as `Truth` has it, for ``space`` into the folder ``data`` and return where it is.

    It appears whole or not at all. Raises BenchmarkError if the disk refuses.
    """
    target = path(data, space)
    facts = {"space": space, "sha256": digest(table), **asdict(origin)}
    columns = pa.Table.from_pandas(table.rename_axis("arch").reset_index(), preserve_index=False)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacement(target) as temporary:
            pq.write_table(columns.replace_schema_metadata({_KEY: json.dumps(facts)}), temporary, compression="zstd")
    except OSError as error:
        raise BenchmarkError(f"{target} cannot be written: {error}") from error
    return target


def find(data: Path, space: str) -> Truth | None:
    """Return the trained results of ``space`` if the folder ``data`` has its Parquet table, else None."""
    return read(path(data, space), space) if path(data, space).exists() else None


def read(file: Path, space: str) -> Truth:
    """Return the trained results in ``file``; their ``sha256`` is that of the numbers, not of the file.

    Raises BenchmarkError if it is damaged, was not written by `write`, or is a table of another space.
    """
    content = read_bytes(file)
    try:
        columns = pq.read_table(io.BytesIO(content))
        facts = json.loads((columns.schema.metadata or {})[_KEY])
        table = columns.to_pandas().set_index("arch")
        intact = is_string_dtype(table.index) and facts["sha256"] == digest(table)
        source = f"{facts['source']} ({file.name} of {facts['date']})"
        truth = Truth(table, source, facts["sha256"], facts["licence"], facts["note"])
        written_for = facts["space"]
    except KeyError as error:
        raise BenchmarkError(f"{file} is not one of this project's tables (no {error}); {_ADVICE}") from error
    except (pa.ArrowException, OSError, TypeError, ValueError) as error:
        raise BenchmarkError(f"{file} is corrupt: {shorten(str(error), 120)}; {_ADVICE}") from error
    if not intact:
        raise BenchmarkError(f"{file} is corrupt: its numbers are not those that were written; {_ADVICE}")
    if written_for != space:
        raise BenchmarkError(f"{file} is a table of {written_for}, not of {space}; {_ADVICE}")
    return truth


def digest(table: pd.DataFrame) -> str:
    """Return the sha256 of a table's architectures, column names and numbers, which no date changes."""
    names = pa.table({"arch": table.index})["arch"].cast(pa.string()).combine_chunks()
    # Arrow joins 400,000 names in a moment; Python would need more time than the rest of reading a table.
    joined = pc.binary_join(pa.ListArray.from_arrays([0, len(names)], names), "\n")[0]
    content = hashlib.sha256("\n".join([*table.columns, ""]).encode())
    content.update(joined.as_buffer())
    content.update(table.to_numpy("<f8").tobytes())
    return content.hexdigest()
