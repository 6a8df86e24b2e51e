"""Trained accuracies of 1,000 DARTS cells, from the fetched table, or a CSV file."""

from pathlib import Path

from pandera.pandas import Column, DataFrameSchema

from benchmarks import parquet, tables
from benchmarks.darts import genotype
from benchmarks.space import Truth

TABLE = Path("tables", "darts_1000.csv")
TARGETS = {"cifar10_valid": "cifar10/valid"}
ROWS = 1_000

SCHEMA = DataFrameSchema(
    {"genotype": Column(str, coerce=True)} | {name: tables.percentage() for name in TARGETS},
    checks=tables.rows(ROWS),
)


def load(data: Path) -> Truth:
    """Return the validation accuracies (%) in the folder ``data``, of its Parquet table or else its CSV file.

    Raises BenchmarkError, naming file and line, if it is missing or is not one row for each of 1,000 genotypes.
    """
    if fetched := parquet.find(data, "darts"):
        return fetched
    path = data / TABLE
    table, sha256 = tables.read_lines(path, SCHEMA)
    tables.check_architectures(table["genotype"], genotype.parse, path)
    return Truth(
        tables.results(table, TARGETS, path).set_axis(table["genotype"]),
        source=f"the SWAP authors' 1,000 DARTS cells ({path.name})",
        sha256=sha256,
        licence="none stated (SWAP repository)",
        note=(
            "CIFAR-10 validation accuracy in % after 200 epochs, of networks smaller than usual (median 80 %): "
            "not NAS-Bench-301's surrogate, whose median is 93 %."
        ),
    )
