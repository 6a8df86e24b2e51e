"""Kinds of label, which the loss of a task takes: drawn where there are no labels, read from a user's table otherwise.

``outputs`` is the width of a network's output: the number of classes, of numbers, or of channels.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from benchmarks import pictures
from benchmarks.errors import BenchmarkError


class Label(ABC):
    """A kind of label; ``drawn`` says for people what `draw` gives."""

    drawn: ClassVar[str]

    @abstractmethod
    def draw(self, images: np.ndarray, outputs: int, generator: np.random.Generator) -> np.ndarray:
        """Return labels [B, …] for ``images`` [B, C, H, W]; fewer images have the first of them."""


class GivenLabel(Label):
    """A kind of label that people or sensors give."""

    @abstractmethod
    def columns(self, outputs: int) -> int:
        """Return the number of columns that hold it in a table."""

    @abstractmethod
    def read(self, fields: Sequence[str], folder: Path, size: tuple[int, int], outputs: int) -> np.ndarray:
        """Return the label of one image from its ``fields``, which may name files in ``folder``.

        ``size`` is the height and width of the image. Raises BenchmarkError if they are no such label.
        """


class ClassIndex(GivenLabel):
    """The number of a class, from 0: int64 [B]."""

    drawn = "random classes"

    def draw(self, images: np.ndarray, outputs: int, generator: np.random.Generator) -> np.ndarray:
        """Draw uniformly over all classes."""
        return generator.integers(outputs, size=len(images))

    def columns(self, outputs: int) -> int:
        """Return 1."""
        return 1

    def read(self, fields: Sequence[str], folder: Path, size: tuple[int, int], outputs: int) -> np.ndarray:
        """Return the class, int64 []."""
        if not (fields[0].isdecimal() and int(fields[0]) < outputs):
            raise BenchmarkError(f"'{fields[0]}' is not one of the classes 0..{outputs - 1}")
        return np.array(int(fields[0]))


CLASS_INDEX = ClassIndex()


class ClassProbabilities(GivenLabel):
    """A probability for every class: float32 [B, outputs]."""

    drawn = "random class probabilities"

    def draw(self, images: np.ndarray, outputs: int, generator: np.random.Generator) -> np.ndarray:
        """Draw uniformly over all distributions."""
        return generator.dirichlet(np.ones(outputs), size=len(images)).astype(np.float32)

    def columns(self, outputs: int) -> int:
        """Return the number of classes."""
        return outputs

    def read(self, fields: Sequence[str], folder: Path, size: tuple[int, int], outputs: int) -> np.ndarray:
        """Return the probabilities, float32 [outputs], freed from rounding in their sum."""
        values = _numbers(fields)
        if (values < 0).any() or not 0.99 < values.sum() < 1.01:
            raise BenchmarkError(f"probabilities must not be negative and have the sum 1, not {values.sum():.3f}")
        return (values / values.sum()).astype(np.float32)


class Numbers(GivenLabel):
    """Real numbers: float32 [B, outputs]."""

    drawn = "standard normal numbers as labels"

    def draw(self, images: np.ndarray, outputs: int, generator: np.random.Generator) -> np.ndarray:
        """Draw from the standard normal distribution."""
        return generator.standard_normal((len(images), outputs), dtype=np.float32)

    def columns(self, outputs: int) -> int:
        """Return how many numbers there are."""
        return outputs

    def read(self, fields: Sequence[str], folder: Path, size: tuple[int, int], outputs: int) -> np.ndarray:
        """Return the numbers, float32 [outputs]."""
        return _numbers(fields).astype(np.float32)


class ClassMap(GivenLabel):
    """The class of every pixel: int64 [B, H, W]."""

    drawn = "a random class for every pixel"

    def draw(self, images: np.ndarray, outputs: int, generator: np.random.Generator) -> np.ndarray:
        """Draw every pixel uniformly over all classes."""
        return generator.integers(outputs, size=(len(images), *images.shape[2:]))

    def columns(self, outputs: int) -> int:
        """Return 1: the name of a picture whose values are classes."""
        return 1

    def read(self, fields: Sequence[str], folder: Path, size: tuple[int, int], outputs: int) -> np.ndarray:
        """Return the map, int64 [H, W], cut and resized as the image is, but to its nearest pixels."""
        classes = pictures.read_classes(folder / fields[0], size)
        if classes.max() >= outputs:
            raise BenchmarkError(f"'{fields[0]}' has pixels of class {classes.max()}; known are 0..{outputs - 1}")
        return classes


class Picture(GivenLabel):
    """Another image: float32 [B, outputs, H, W] in -1..1."""

    drawn = "uniform noise as images to predict"

    def draw(self, images: np.ndarray, outputs: int, generator: np.random.Generator) -> np.ndarray:
        """Draw every value uniformly from -1..1."""
        return 2 * generator.random((len(images), outputs, *images.shape[2:]), dtype=np.float32) - 1

    def columns(self, outputs: int) -> int:
        """Return 1: the name of the picture."""
        return 1

    def read(self, fields: Sequence[str], folder: Path, size: tuple[int, int], outputs: int) -> np.ndarray:
        """Return the picture, float32 [3, H, W], cut and resized as the image is."""
        pixels = pictures.read_rgb(folder / fields[0], size)
        return pixels.transpose(2, 0, 1) / np.float32(127.5) - 1


class OwnImage(Label):
    """The image itself as the network sees it: float32 [B, C, H, W]."""

    drawn = "the images themselves as labels"

    def draw(self, images: np.ndarray, outputs: int, generator: np.random.Generator) -> np.ndarray:
        """Return the images."""
        return images


class TileOrder(Label):
    """The number of the order in which the tiles of an image are shown (see `benchmarks.jigsaw`): int64 [B]."""

    drawn = "random orders of the tiles"

    def draw(self, images: np.ndarray, outputs: int, generator: np.random.Generator) -> np.ndarray:
        """Draw uniformly over all orders."""
        return generator.integers(outputs, size=len(images))


def _numbers(fields: Sequence[str]) -> np.ndarray:
    try:
        values = np.array([float(field) for field in fields])
    except ValueError as error:
        raise BenchmarkError(str(error)) from error
    if not np.isfinite(values).all():
        raise BenchmarkError("labels must be finite numbers")
    return values
