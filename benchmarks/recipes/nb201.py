"""NAS-Bench-201 from 7 MB of public files instead of its archive of 4.7 GB."""

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.importers import nats
from benchmarks.importers.runs import tabulate
from benchmarks.nb201 import cell
from benchmarks.recipes.recipe import Recipe

TEST = "nats-bench-landscape__nats_bench.csv"
TEST_COLUMNS = {
    "CIFAR10TestAccuracy200Epochs": "cifar10/test",
    "CIFAR100TestAccuracy200Epochs": "cifar100/test",
    "ImageNetTestAccuracy200Epochs": "imagenet16_120/test",
}
VALIDATION = {
    "MONET__Cifar10-NB201.csv": "cifar10/valid",
    "MONET__Cifar100-NB201.csv": "cifar100/valid",
    "MONET__ImageNet-NB201.csv": "imagenet16_120/valid",
}

ARCHIVE = "NATS-tss-v1_0-3ffb9-simple"
ARCHIVE_FILES = ("meta", "000000", "000011", "000284")


def read(folder: Path) -> pd.DataFrame:
    """Join test and validation accuracies; the index of the latter is the row of an architecture in the former."""
    test = pd.read_csv(folder / TEST)
    table = test.set_index("ArchitectureString")[list(TEST_COLUMNS)].rename(columns=TEST_COLUMNS)
    for file, column in VALIDATION.items():
        fractions = pd.read_csv(folder / file).set_index("index")["accuracy"]
        table[column] = 100 * fractions[np.arange(len(table))].to_numpy()
    return table


def official(folder: Path) -> pd.DataFrame:
    """Return the test accuracies of the three architectures of which NATS-Bench shows its own files."""
    runs = nats.read(folder / ARCHIVE, "nb201", nats.TOPOLOGY)["nb201"]
    return tabulate(runs, progress=lambda count: None)[list(TEST_COLUMNS.values())]


RECIPE = Recipe(
    files=(TEST, *VALIDATION, *(f"{ARCHIVE}/{name}.pickle.pbz2" for name in ARCHIVE_FILES)),
    read=read,
    official=official,
    parse=cell.parse,
    rows=15_625,
    optima={
        "cifar10/test": 94.3733,
        "cifar100/test": 73.5133,
        "imagenet16_120/test": 47.3111,
        "cifar10/valid": 91.6067,
        "cifar100/valid": 73.4933,
        "imagenet16_120/valid": 46.7333,
    },
    source="NAS-Bench-201",
    licence="MIT (NAS-Bench-201); the files that it was made of state none",
    citation="Dong and Yang, NAS-Bench-201, ICLR 2020, arXiv 2001.00326",
    note=(
        "Accuracy in % after 200 epochs, mean over training seeds. Test accuracies are those of NATS-Bench v1.0. "
        "Validation accuracies are those of NAS-Bench-201 v1.1, which lacks one seed of every sixth architecture."
    ),
)
