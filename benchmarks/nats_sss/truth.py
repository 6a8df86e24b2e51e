"""Trained accuracies of NATS-Bench's size space, from the fetched or imported table, or a CSV file."""

from pathlib import Path

from pandera.pandas import Check, Column, DataFrameSchema

from benchmarks import parquet, tables
from benchmarks.nats_sss import channels
from benchmarks.space import Truth

TABLE = Path("tables", "nats_sss.csv")
TARGETS = {
    "cifar10_test_acc_ep90": "cifar10/test",
    "cifar100_test_acc_ep90": "cifar100/test",
    "imagenet16_120_test_acc_ep90": "imagenet16_120/test",
}


def load(data: Path) -> Truth:
    """Return the test accuracies (%) in the folder ``data``, of its Parquet table or else its CSV file.

    Raises BenchmarkError, naming file and line, if it is missing or is not one row for each of 32,768 architectures.
    """
    if fetched := parquet.find(data, "nats_sss"):
        return fetched
    path = data / TABLE
    known = channels.architectures()
    is_known = Check.isin(known, error=f"is not a NATS-Bench size, which reads {channels.FORM}")
    schema = DataFrameSchema(
        {"arch": Column(str, is_known, unique=True, coerce=True)} | {name: tables.percentage() for name in TARGETS},
        checks=tables.rows(len(known)),
    )
    table, sha256 = tables.read(path, schema, "arch", TARGETS)
    return Truth(
        table,
        source=f"NATS-Bench size space ({path.name})",
        sha256=sha256,
        licence="MIT (NATS-Bench)",
        note="Test accuracy in % after 90 epochs.",
    )
