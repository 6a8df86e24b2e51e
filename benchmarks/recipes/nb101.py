"""2,500 cells of NAS-Bench-101 from 0.7 MB instead of its archive of 500 MB."""

import json
from pathlib import Path

import pandas as pd

from benchmarks.nb101 import cell
from benchmarks.recipes.recipe import Recipe

FILE = "GenNAS-Zero__nasbench1_2500.json"


def read(folder: Path) -> pd.DataFrame:
    """Return the table; the file lists [[adjacency matrix, operations], accuracy], the last a fraction."""
    records = json.loads((folder / FILE).read_text(encoding="utf-8"))
    cells = [cell.Cell(tuple(map(tuple, matrix)), tuple(operations)) for (matrix, operations), _ in records]
    percentages = [100 * fraction for _, fraction in records]
    return pd.DataFrame({"cifar10/test": percentages}, index=[cell.to_string(one) for one in cells])


RECIPE = Recipe(
    files=(FILE,),
    read=read,
    parse=cell.parse,
    rows=2_500,
    optima={"cifar10/test": 94.0204},
    source="2,500 cells of NAS-Bench-101",
    licence="Apache-2.0 (NAS-Bench-101); the file that it was made of states none",
    citation="Ying et al., NAS-Bench-101, ICML 2019, arXiv 1902.09635",
    note="CIFAR-10 test accuracy in % of one run of 108 epochs, for 2,500 of the 423,624 cells.",
)
