"""A user's own images: a folder of picture files, and one CSV file a task that names and labels them.

The table ``TASK.csv`` has a header that begins with ``file``; then one line an image: its file, relative to the
folder, and the columns of its label, as many as the kind of label needs (see `benchmarks.labels`).
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import pictures
from benchmarks.errors import BenchmarkError
from benchmarks.labels import GivenLabel
from benchmarks.tasks import Task


@dataclass(frozen=True)
class Line:
    """One image of the table: where it stands there, its file, and the fields of its label."""

    number: int
    file: str
    fields: list[str]


def read_table(path: Path, columns: int) -> list[Line]:
    """Return the lines of a table with ``columns`` columns for the label; raises BenchmarkError for a wrong one."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            rows = [(reader.line_num, [field.strip() for field in row]) for row in reader if row]
    except OSError as error:
        raise BenchmarkError(f"cannot read the table of images {path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BenchmarkError(f"{path} is not a CSV table in UTF-8: {error}") from error
    if not rows or rows[0][1][0] != "file":
        raise BenchmarkError(f"{path} must have a header that begins with 'file'")
    for number, row in rows[1:]:
        if len(row) != columns + 1:
            needed = f"the file of an image and {columns} column(s) for its label"
            raise BenchmarkError(f"{path}, line {number}: {len(row)} columns, but there must be {needed}")
    return [Line(number, row[0], row[1:]) for number, row in rows[1:]]


def read_images(path: Path, lines: list[Line], task: Task) -> np.ndarray:
    """Return the images of ``lines`` as bytes [B, H, W, 3], cut and resized to the size of ``task``."""
    images = []
    for line in lines:
        with _told(path, line):
            images.append(pictures.read_rgb(path.parent / line.file, task.image_shape[1:]))
    return np.stack(images)


def read_labels(path: Path, lines: list[Line], task: Task, label: GivenLabel) -> np.ndarray:
    """Return the labels [B, …] of ``lines``."""
    labels = []
    for line in lines:
        with _told(path, line):
            labels.append(label.read(line.fields, path.parent, task.image_shape[1:], task.outputs))
    return np.stack(labels)


@contextmanager
def _told(path: Path, line: Line) -> Iterator[None]:
    """Add to an error in which line of the table it is."""
    try:
        yield
    except BenchmarkError as error:
        raise BenchmarkError(f"{path}, line {line.number}: {error}") from error
