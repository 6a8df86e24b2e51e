"""The 1,000 DARTS cells that the authors of SWAP-NAS evaluate on."""

from pathlib import Path

import pandas as pd

from benchmarks.darts import genotype
from benchmarks.recipes.recipe import Recipe

FILE = "SWAP__DARTS_archs_CIFAR10.csv"


def read(folder: Path) -> pd.DataFrame:
    """Return the table; the file has no header."""
    return pd.read_csv(folder / FILE, names=["arch", "cifar10/valid"], index_col="arch")


RECIPE = Recipe(
    files=(FILE,),
    read=read,
    parse=genotype.parse,
    rows=1_000,
    optima={"cifar10/valid": 86.61},
    source="1,000 DARTS cells of SWAP-NAS",
    licence="none stated",
    citation="Peng et al., SWAP-NAS, ICLR 2024, arXiv 2403.04161",
    note="CIFAR-10 validation accuracy in % after 200 epochs, as published; not NAS-Bench-301's surrogate.",
)
