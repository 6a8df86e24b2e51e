"""``nasbench_only108.tfrecord`` and ``nasbench_full.tfrecord``, the official archives of NAS-Bench-101.

A record is a JSON list: the cell's hash, the number of epochs, its adjacency matrix as digits, its operations, and the
results of one run as a protocol buffer in base64. Every cell was trained three times for every number of epochs.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.importers import protobuf, tfrecord
from benchmarks.importers.runs import Run

# Numbers of fields: of a run's message, and of its evaluations (before training, half-way, at the end).
EVALUATIONS = 1
ACCURACIES = {4: "cifar10/valid", 5: "cifar10/test"}

# Number of epochs to what is added to the name of a target; the plain name is the longest training.
SUFFIXES = {108: "", 36: "_36", 12: "_12", 4: "_4"}


def read(path: Path) -> Mapping[str, Iterator[Run]]:
    """Return the runs of nb101 in the file, read one record at a time.

    While they are read, BenchmarkError with the record's number is raised if one is damaged or laid out otherwise.
    """
    return {"nb101": _runs(path)}


def _runs(path: Path) -> Iterator[Run]:
    for number, record in enumerate(tfrecord.records(path), start=1):
        try:
            yield from _run(record)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise BenchmarkError(f"{path}, record {number}: not laid out as in NAS-Bench-101: {error!r}") from error


def _run(record: bytes) -> Iterator[Run]:
    _, epochs, digits, operations, metrics = json.loads(record)
    evaluation = protobuf.fields(protobuf.fields(base64.b64decode(metrics))[EVALUATIONS][-1])
    for field, column in ACCURACIES.items():
        percentage = 100 * protobuf.double(evaluation[field][-1])
        yield Run(_architecture(digits, operations), column + SUFFIXES[epochs], percentage)


def _architecture(digits: str, operations: str) -> str:
    """Return the string of a cell (see `benchmarks.nb101.cell`) with the adjacency matrix ``digits``."""
    vertices = operations.count(",") + 1
    if len(digits) != vertices**2:
        raise ValueError(f"{vertices} operations do not go with {len(digits)} digits")
    above = (digits[vertices * row + row + 1 : vertices * (row + 1)] for row in range(vertices))
    return f"{''.join(above)}:{operations}"
