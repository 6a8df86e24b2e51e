"""Reads tables of trained results; a table that is not what it should be is refused with file, line and reason."""

import hashlib
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import shorten

import pandas as pd
import pyarrow as pa
from pandas.api.types import is_string_dtype
from pandera.errors import SchemaErrors
from pandera.pandas import Check, Column, DataFrameSchema
from pyarrow import ArrowInvalid, csv

from benchmarks.errors import BenchmarkError
from benchmarks.files import read_bytes

# What the checks that pandera names itself mean to a reader; the others bring their own words as ``error``.
_REASONS = {"coerce_dtype('float64')": "is not a number", "field_uniqueness": "occurs more than once"}
_ADVICE = "the file is corrupt or incomplete: get it again"


def percentage() -> Column:
    """Return a column of percentages, which a table may lack as a whole but not in single rows."""
    return Column(float, Check.in_range(0, 100, error="is not within 0..100"), coerce=True, required=False)


def fraction() -> Column:
    """Return a column of numbers in 0..1, which a table may lack as a whole but not in single rows."""
    return Column(float, Check.in_range(0, 1, error="is not within 0..1"), coerce=True, required=False)


def rows(count: int) -> Check:
    """Return a check that a table has exactly ``count`` rows."""
    return Check(lambda table: len(table) == count, error=f"does not have {count:,} rows")


def read(
    path: Path, schema: DataFrameSchema, architecture: str, targets: Mapping[str, str]
) -> tuple[pd.DataFrame, str]:
    """Read a CSV file of trained results and return the table and the file's sha256.

    The table is indexed by the column ``architecture`` and has those columns of ``targets`` (name in the file to
    ``task/target``) that the file has. Raises BenchmarkError, naming the file and the line as an editor counts
    it, if the file cannot be read or violates ``schema``.
    """
    table, sha256 = read_lines(path, schema)
    return results(table, targets, path).set_axis(pd.Index(table[architecture])), sha256


def read_lines(path: Path, schema: DataFrameSchema) -> tuple[pd.DataFrame, str]:
    """Read a CSV file and return its table, indexed by line as an editor counts it, and the file's sha256.

    Raises BenchmarkError, naming file and line, if the file cannot be read or violates ``schema``.
    """
    if not path.exists():
        raise BenchmarkError(
            f"no trained results: {path} does not exist; make fetch gets a table, or name another paths.data"
        )
    content = read_bytes(path)
    return _validated(_parsed(content, schema, path), schema, path), hashlib.sha256(content).hexdigest()


def results(table: pd.DataFrame, targets: Mapping[str, str], path: Path) -> pd.DataFrame:
    """Return those columns of ``targets`` that ``table`` has, renamed; raises BenchmarkError if there are none."""
    present = [column for column in targets if column in table.columns]
    if not present:
        raise BenchmarkError(f"{path} has none of the columns {', '.join(targets)}; it has: {_names(table)}")
    return table[present].rename(columns=dict(targets))


def check_architectures(architectures: "pd.Series[str]", parse: Callable[[str], object], path: Path) -> None:
    """Raise BenchmarkError, naming file and line, for the first one that ``parse`` refuses or that is there twice."""
    for (line, architecture), repeated in zip(architectures.items(), architectures.duplicated(), strict=True):
        try:
            parse(architecture)
        except BenchmarkError as error:
            raise BenchmarkError(f"{path}, line {line}: {error}; {_ADVICE}") from error
        if repeated:
            raise BenchmarkError(f"{path}, line {line}: '{shorten(architecture, 90)}' occurs more than once; {_ADVICE}")


def _parsed(content: bytes, schema: DataFrameSchema, path: Path) -> pd.DataFrame:
    """Return the table indexed by line number; unlike pandas' own parser, Arrow's refuses rows of wrong length."""
    # Otherwise a column of digits, such as an adjacency matrix, would be taken for numbers.
    texts = {name: pa.string() for name, column in schema.columns.items() if is_string_dtype(column.dtype.type)}
    try:
        content.decode("utf-8")
        table = csv.read_csv(
            io.BytesIO(content),
            csv.ReadOptions(use_threads=False),  # only then does its error name the line
            csv.ParseOptions(ignore_empty_lines=False),
            csv.ConvertOptions(strings_can_be_null=True, column_types=texts),
        ).to_pandas()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BenchmarkError(f"{path}, line {line}: this is not text in UTF-8; {_ADVICE}") from error
    except ArrowInvalid as error:
        reason = str(error).replace("CSV parse error: Row #", "line ")
        raise BenchmarkError(f"{path}, {shorten(reason, 120)}; {_ADVICE}") from error
    table.index = pd.RangeIndex(2, len(table) + 2)  # the header is line 1
    return table.dropna(how="all")  # blank lines


def _validated(table: pd.DataFrame, schema: DataFrameSchema, path: Path) -> pd.DataFrame:
    try:
        return schema.validate(table, lazy=True)
    except SchemaErrors as error:
        # Of all failures the first line that is wrong says most; failures of a whole column have no line.
        failure = error.failure_cases.sort_values("index", kind="stable", na_position="last").iloc[0]
    check, value, column = failure["check"], failure["failure_case"], failure["column"]
    if check == "column_in_dataframe":
        raise BenchmarkError(f"{path} has no column '{value}'; it has: {_names(table)}")
    if pd.isna(failure["index"]):
        end = max(table.index, default=1)
        raise BenchmarkError(f"{path} {check}: its {len(table):,} rows end at line {end}; {_ADVICE}")
    what = "is empty" if pd.isna(value) else f"'{shorten(str(value), 90)}' {_REASONS.get(check, check)}"
    raise BenchmarkError(f"{path}, line {failure['index']}: {column} {what}; {_ADVICE}")


def _names(table: pd.DataFrame) -> str:
    return ", ".join(table.columns)
