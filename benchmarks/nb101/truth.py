"""Trained accuracies of NAS-Bench-101, from the fetched or imported table, or a CSV file."""

from pathlib import Path

from pandera.pandas import Column, DataFrameSchema

from benchmarks import parquet, tables
from benchmarks.nb101 import cell
from benchmarks.space import Truth

TABLE = Path("tables", "nb101_sample.csv")
TARGETS = {
    "val_acc_ep108": "cifar10/valid",
    "val_acc_ep36": "cifar10/valid_36",
    "val_acc_ep12": "cifar10/valid_12",
    "val_acc_ep4": "cifar10/valid_4",
}
ROWS = 30_001

SCHEMA = DataFrameSchema(
    {
        "module_hash": Column(str, unique=True, coerce=True),
        "adjacency_upper": Column(str, coerce=True),
        "ops": Column(str, coerce=True),
        **{name: tables.fraction() for name in TARGETS},
    },
    checks=tables.rows(ROWS),
)


def load(data: Path) -> Truth:
    """Return the validation accuracies (%) in the folder ``data``, of its Parquet table or else its CSV file.

    Raises BenchmarkError, naming file and line, if it is missing or is not one row for each of 30,001 cells.
    """
    if fetched := parquet.find(data, "nb101"):
        return fetched
    path = data / TABLE
    table, sha256 = tables.read_lines(path, SCHEMA)
    architectures = table["adjacency_upper"] + ":" + table["ops"]
    tables.check_architectures(architectures, cell.parse, path)
    percentages = 100 * tables.results(table, TARGETS, path)
    return Truth(
        percentages.set_axis(architectures.rename("arch")),
        source=f"NAS-Bench-101 ({path.name})",
        sha256=sha256,
        licence="Apache-2.0 (NAS-Bench-101)",
        note=(
            "CIFAR-10 validation accuracy in % of one run of 108 (valid), 36, 12 or 4 epochs; "
            f"an unbiased sample of {ROWS:,} of the 423,624 cells."
        ),
    )
