"""What a recipe is: how the public files of a space become its table, and how the table is known to be right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.errors import BenchmarkError
from benchmarks.sources import SOURCES, Source

TOLERANCE = 1e-6  # of agreement with the benchmark's own files


@dataclass(frozen=True)
class Recipe:
    """Makes the table of one space.

    ``read`` maps the folder of the fetched ``files`` (names in `benchmarks.sources`) to a table as `Truth` has it.
    It is right if it has ``rows`` architectures that ``parse`` reads, its columns have the maxima ``optima`` (four
    decimals), and it agrees with what ``official``, if there is one, reads from files of the benchmark itself.
    ``source``, ``licence``, ``citation`` and ``note`` are for people.
    """

    files: tuple[str, ...]
    read: Callable[[Path], pd.DataFrame]
    parse: Callable[[str], object]
    rows: int
    optima: Mapping[str, float]
    source: str
    licence: str
    citation: str
    note: str
    official: Callable[[Path], pd.DataFrame] | None = None

    @property
    def sources(self) -> list[Source]:
        """The files that it needs."""
        return [SOURCES[file] for file in self.files]

    def make(self, folder: Path) -> pd.DataFrame:
        """Return the table made of the files in ``folder``; raises BenchmarkError if it is not right."""
        table = self.read(folder)
        if fault := self._fault(table, folder):
            raise BenchmarkError(f"the files in {folder} do not make the table of {self.source}: {fault}")
        return table

    def _fault(self, table: pd.DataFrame, folder: Path) -> str | None:
        if len(table) != self.rows:
            return f"it would have {len(table):,} architectures instead of {self.rows:,}"
        if not table.index.is_unique:
            return f"{table.index[table.index.duplicated()][0]} occurs more than once"
        for architecture in table.index:
            try:
                self.parse(architecture)
            except BenchmarkError as error:
                return str(error)
        optima = {str(column): float(best) for column, best in table.max().round(4).items()}
        if optima != self.optima:
            return f"its best results would be {optima} instead of {dict(self.optima)}"
        if self.official is not None:
            official = self.official(folder)
            differs = (table.loc[official.index, official.columns] - official).abs().gt(TOLERANCE).any(axis="columns")
            if differs.any():
                return f"its results for {differs.idxmax()} are not those of the benchmark's own files"
        return None
