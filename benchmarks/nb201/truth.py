"""Trained accuracies of NAS-Bench-201: the benchmark's own from a table, or retrained ones from a package."""

import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pandas as pd
from pandera.pandas import Check, Column, DataFrameSchema

from benchmarks import parquet, pickles, tables
from benchmarks.errors import BenchmarkError
from benchmarks.files import read_bytes
from benchmarks.nb201 import cell
from benchmarks.space import Truth

TABLE = Path("tables", "nb201.csv")
TABLE_12 = "nb201_12epochs.csv"  # the same columns after 12 epochs, if it lies beside the other
# The validation accuracy of CIFAR-10 is that of the runs on half of the training images ("cifar10-valid").
TARGETS = {
    "cifar10_test": "cifar10/test",
    "cifar10valid_valid": "cifar10/valid",
    "cifar100_test": "cifar100/test",
    "cifar100_valid": "cifar100/valid",
    "imagenet16_120_test": "imagenet16_120/test",
    "imagenet16_120_valid": "imagenet16_120/valid",
}

PACKAGE = "analog-nasbench"
PACKAGE_SHA256 = "85f3435b877aa2d36268d55ce07f6ff6d73643d17a840f1941745da5eb80db32"  # of the data of version 0.1.3
# The package numbers operations and orders edges its own way: 0→1, 0→2, 0→3, 1→2, 1→3, 2→3.
# With another order nothing looks wrong, but the rank correlation with the benchmark falls from .99 to .75.
PACKAGE_OPERATIONS = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
PACKAGE_EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))


def load(data: Path) -> Truth:
    """Return the accuracies (%) in the folder ``data``, of a Parquet or a CSV table, else those of the package."""
    path = data / TABLE
    return parquet.find(data, "nb201") or (read_table(path) if path.exists() else read_package())


def read_table(path: Path) -> Truth:
    """Return NAS-Bench-201's own accuracies after 200 epochs, for three tasks, validation and test.

    Those after 12 epochs are the targets ``valid_12`` and ``test_12``, where their table lies beside ``path``.
    Raises BenchmarkError if a table is not one row for each of the 15,625 cells, with percentages.
    """
    known = cell.architectures()
    is_cell = Check.isin(known, error=f"is not a NAS-Bench-201 cell, which reads {cell.FORM}")
    schema = DataFrameSchema(
        {"arch": Column(str, is_cell, unique=True, coerce=True)} | {name: tables.percentage() for name in TARGETS},
        checks=tables.rows(len(known)),
    )
    table, sha256 = tables.read(path, schema, "arch", TARGETS)
    note = "Accuracy in % after 200 epochs, mean over the benchmark's training seeds."
    shorter = path.with_name(TABLE_12)
    if shorter.exists():
        table_12, sha256_12 = tables.read(shorter, schema, "arch", TARGETS)
        table = table.join(table_12.add_suffix("_12"))
        sha256 = f"{sha256} {sha256_12}"
        note += " valid_12 and test_12: after 12 epochs."
    return Truth(
        table,
        source=f"NAS-Bench-201 ({path.name})",
        sha256=sha256,
        licence="MIT (NAS-Bench-201)",
        note=note,
    )


class _Record:
    """Stands for the package's classes, whose code is not needed to read their attributes."""


def read_package() -> Truth:
    """Return the CIFAR-10 accuracies of networks that the authors of the package analog-nasbench retrained.

    The package is never imported. Raises BenchmarkError if it is missing or has other data than version 0.1.3:
    its conventions are nowhere declared, so other data must be checked against the benchmark first.
    """
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError as error:
        raise BenchmarkError(f"no trained accuracies: neither {TABLE} in the data folder nor {PACKAGE}") from error
    path = Path(str(package.locate_file("analognasbench/data.anb")))
    sha256 = hashlib.sha256(read_bytes(path)).hexdigest()
    if sha256 != PACKAGE_SHA256:
        raise BenchmarkError(f"{path} is corrupt or of another version: pip install --force-reinstall {PACKAGE}==0.1.3")
    names = ("Architecture", "DriftMeasurement")
    records = pickles.load(path, {f"analognasbench.data.{name}": _Record for name in names})
    accuracies = {_architecture(key): record.baseline_accuracy for key, record in records.items()}
    return Truth(
        pd.DataFrame({"cifar10/test": pd.Series(accuracies, dtype=float)}),
        source=f"{PACKAGE} {package.version} (retrained networks)",
        sha256=sha256,
        licence="none stated in the package",
        note=(
            "CIFAR-10 test accuracy in % of networks that the package's authors trained again, not NAS-Bench-201's "
            f"own runs (rank correlation .99). For those and the other tasks put {TABLE} into the data folder."
        ),
    )


def _architecture(numbers: tuple[int, ...]) -> str:
    operations = {edge: PACKAGE_OPERATIONS[number] for edge, number in zip(PACKAGE_EDGES, numbers, strict=True)}
    return cell.to_string(tuple(tuple(operations[i, node] for i in range(node)) for node in cell.NODES))
