"""Single training runs, as archives hold them, and the table that is made of them."""

import math
from array import array
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.errors import BenchmarkError
from benchmarks.space import SPREAD


class Run(NamedTuple):
    """The result of training ``architecture`` once; ``column`` reads ``task/target``."""

    architecture: str
    column: str
    value: float


def tabulate(runs: Iterable[Run], progress: Callable[[int], object]) -> pd.DataFrame:
    """Return the mean over runs by architecture and column, and their standard deviation where there are several.

    It has the layout of `benchmarks.space.Truth`. Runs come in any order; ``progress`` is told how many architectures
    there are so far. Raises BenchmarkError if a result is not a finite number: a mean over the others would hide it.
    """
    architectures: dict[str, int] = {}
    columns: dict[str, int] = {}
    rows, fields, values = array("l"), array("b"), array("d")
    for run in runs:
        if not math.isfinite(run.value):
            raise BenchmarkError(f"a result of {run.architecture} for {run.column} is {run.value}")
        if run.architecture not in architectures:
            progress(len(architectures) + 1)
        rows.append(architectures.setdefault(run.architecture, len(architectures)))
        fields.append(columns.setdefault(run.column, len(columns)))
        values.append(run.value)
    column = pd.Categorical.from_codes(np.asarray(fields), categories=pd.Index(list(columns)))
    grouped = pd.DataFrame({"row": rows, "column": column, "value": values}).groupby(["row", "column"], observed=True)
    means, spreads = (statistic.unstack() for statistic in (grouped["value"].mean(), grouped["value"].std()))
    means.columns, spreads.columns = means.columns.astype(str), spreads.columns.astype(str)
    table = means.join(spreads.dropna(axis="columns", how="all").add_suffix(SPREAD))
    return table.set_axis(pd.Index(list(architectures)))
