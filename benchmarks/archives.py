"""The official archives of benchmarks, and how one of them becomes the tables of its spaces."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd

from benchmarks import parquet
from benchmarks.errors import BenchmarkError
from benchmarks.importers import nats, nb101_tfrecord, nb201_pth, tnb101_pth
from benchmarks.importers.runs import Run, tabulate
from benchmarks.recipes import RECIPES


@dataclass(frozen=True)
class Archive:
    """A kind of archive; ``read`` maps its file or folder to the training runs of each space in it.

    ``source``, ``licence`` and ``note`` are for people.
    """

    read: Callable[[Path], Mapping[str, Iterator[Run]]]
    source: str
    licence: str
    note: str

    def convert(self, file: Path, data: Path, progress: Callable[[int], object]) -> list[Path]:
        """Write the tables made of ``file`` into the folder ``data`` and return where they are.

        ``progress`` is told how many architectures have been read. Raises BenchmarkError if the archive is damaged
        or another one, or if a table in ``data`` has more architectures than it; then nothing is written.
        """
        if not file.exists():
            raise BenchmarkError(f"there is no {file}")
        tables = {space: self._table(space, runs, file, progress) for space, runs in self.read(file).items()}
        for space, table in tables.items():
            present = parquet.find(data, space)
            if present is not None and len(present.table) > len(table):
                raise BenchmarkError(
                    f"{parquet.path(data, space)} has {len(present.table):,} architectures, {file} only "
                    f"{len(table):,}; delete the former to replace it"
                )
        inputs = {file.name: f"sha256:{checksum(file)}"}
        return [
            parquet.write(data, space, table, self._origin(space, table, inputs)) for space, table in tables.items()
        ]

    def _table(self, space: str, runs: Iterator[Run], file: Path, progress: Callable[[int], object]) -> pd.DataFrame:
        table = tabulate(runs, progress)
        if table.empty:
            raise BenchmarkError(f"{file} has no results of {space}")
        for architecture in table.index:
            RECIPES[space].parse(architecture)
        return table

    def _origin(self, space: str, table: pd.DataFrame, inputs: Mapping[str, str]) -> parquet.Origin:
        return parquet.Origin(
            source=self.source,
            licence=self.licence,
            citation=RECIPES[space].citation,
            note=f"{self.note} {len(table):,} architectures.",
            inputs=inputs,
            date=date.today().isoformat(),
        )


def checksum(path: Path) -> str:
    """Return the sha256 of a file; of a folder, that of the names and checksums of its files in their order."""
    if path.is_dir():
        lines = [f"{checksum(file)}  {file.name}\n" for file in sorted(path.iterdir())]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# By the name of the format.
ARCHIVES: dict[str, Archive] = {
    "nb101_tfrecord": Archive(
        nb101_tfrecord.read,
        source="NAS-Bench-101 (official archive)",
        licence="Apache-2.0 (NAS-Bench-101)",
        note="CIFAR-10 accuracy in %, mean over runs, after 108 epochs, or as many as the target's name ends with.",
    ),
    "nb201_pth": Archive(
        nb201_pth.read,
        source="NAS-Bench-201 (official archive)",
        licence="MIT (NAS-Bench-201)",
        note="Accuracy in %, mean over training seeds, after 200 epochs, or 12 where the target's name ends with _12.",
    ),
    "nats_tss": Archive(
        partial(nats.read, space="nb201", suffixes=nats.TOPOLOGY),
        source="NATS-Bench topology space (official archive)",
        licence="MIT (NATS-Bench)",
        note="Accuracy in %, mean over training seeds, after 200 epochs, or 12 where the target's name ends with _12.",
    ),
    "nats_sss": Archive(
        partial(nats.read, space="nats_sss", suffixes=nats.SIZES),
        source="NATS-Bench size space (official archive)",
        licence="MIT (NATS-Bench)",
        note="Accuracy in %, mean over training seeds, after 90 epochs, or as many as the target's name ends with.",
    ),
    "tnb101_pth": Archive(
        tnb101_pth.read,
        source="TransNAS-Bench-101 (official archive)",
        licence="MIT (TransNAS-Bench-101)",
        note=(
            "Validation results of one run, the best epoch's (valid_best) and the last one's (valid_final): top-1 "
            "accuracy in % of class_object, class_scene and jigsaw, negative loss of room_layout, SSIM of autoencoder "
            "and normal, mean IoU in % of segmentsemantic."
        ),
    ),
}
