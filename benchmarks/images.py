"""Labelled real images and the places where they may lie: the data folder, or a package that carries some."""

import codecs
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from benchmarks import pickles
from benchmarks.errors import BenchmarkError

# What a pickled array is made of, in the words of the NumPy of then (the CIFAR files) and of now.
_RECONSTRUCT: Any = np.zeros(0).__reduce__()[0]
_ARRAY_CLASSES: dict[str, Callable[..., Any]] = {
    "numpy.core.multiarray._reconstruct": _RECONSTRUCT,
    "numpy._core.multiarray._reconstruct": _RECONSTRUCT,
    "numpy.ndarray": np.ndarray,
    "numpy.dtype": np.dtype,
    "_codecs.encode": codecs.encode,  # how Python 3 writes bytes for Python 2
}


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images [N, H, W, C], bytes or numbers in 0..1, their labels [N], and a few words on where they are from."""

    images: np.ndarray
    labels: np.ndarray
    source: str


class Place(Protocol):
    """A place where images may lie."""

    def where(self, data: Path) -> str:
        """Say where it is, given the data folder."""

    def find(self, data: Path) -> ImageSet | None:
        """Return its images, or None if there are none; raises BenchmarkError if they are damaged."""


@dataclass(frozen=True)
class NumpyArchive:
    """``images/NAME.npz`` or ``images/NAME_*.npz`` in the data folder; of several, the first by name.

    It holds ``images`` [N, H, W, C] (bytes, or numbers in 0..1) and ``labels`` [N] (integers).
    """

    name: str

    def where(self, data: Path) -> str:
        """Return its path."""
        return str(data / "images" / f"{self.name}.npz")

    def find(self, data: Path) -> ImageSet | None:
        """Return its images; raises BenchmarkError if the file is damaged or laid out otherwise."""
        # A plain glob for cifar10*.npz would take cifar100.npz too.
        name = re.compile(rf"{re.escape(self.name)}(_.*)?\.npz")
        paths = sorted(path for path in (data / "images").glob("*.npz") if name.fullmatch(path.name))
        return self._read(paths[0]) if paths else None

    @staticmethod
    def _read(path: Path) -> ImageSet:
        try:
            with np.load(path, allow_pickle=False) as archive:
                found = ImageSet(archive["images"], archive["labels"], path.name)
        except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise BenchmarkError(f"{path} is corrupt or not an .npz archive: {error}") from error
        except KeyError as error:
            raise BenchmarkError(f"{path} must hold the arrays images and labels: {error.args[0]}") from error
        _check(found, path)
        return found


@dataclass(frozen=True)
class PickledBatches:
    """The folder of the "python version" of CIFAR-10 or CIFAR-100, unpacked in the data folder."""

    folder: str
    files: str
    labels: bytes

    def where(self, data: Path) -> str:
        """Return the pattern of its files."""
        return str(data / self.folder / self.files)

    def find(self, data: Path) -> ImageSet | None:
        """Return the training images in the order of the files; raises BenchmarkError if one is damaged."""
        paths = sorted((data / self.folder).glob(self.files))
        return self._read(paths) if paths else None

    def _read(self, paths: list[Path]) -> ImageSet:
        batches = [pickles.load(path, _ARRAY_CLASSES, encoding="bytes") for path in paths]
        try:
            rows = np.concatenate([batch[b"data"] for batch in batches])
            labels = np.concatenate([batch[self.labels] for batch in batches])
            images = rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        except (KeyError, TypeError, ValueError) as error:
            raise BenchmarkError(f"{paths[0].parent} is not CIFAR's python version: {error!r}") from error
        found = ImageSet(images, labels, self.folder)
        _check(found, paths[0].parent)
        return found


@dataclass(frozen=True)
class FoolboxWheel:
    """The first 20 test images, PNG files ``NAME_INDEX_LABEL.png`` in the package foolbox (never imported)."""

    name: str

    def where(self, data: Path) -> str:
        """Name the package."""
        return "the package foolbox"

    def find(self, data: Path) -> ImageSet | None:
        """Return the images, or None where the package is not installed."""
        paths, source = _in_foolbox(f"{self.name}_*.png")
        if not paths:
            return None
        images = np.stack([self._pixels(path) for path in paths])
        labels = np.array([int(path.stem.rsplit("_", 1)[1]) for path in paths])
        return ImageSet(images, labels, source)

    @staticmethod
    def _pixels(path: Path) -> np.ndarray:
        try:
            return np.asarray(Image.open(path).convert("RGB"))
        except OSError as error:
            raise BenchmarkError(f"{path} is corrupt: {error}; install foolbox again") from error


def packaged_photographs() -> tuple[list[Path], str]:
    """Return the files of 20 photographs of ImageNet in the package foolbox, and a few words on where they are from.

    Raises BenchmarkError if it is not installed.
    """
    paths, source = _in_foolbox("imagenet_*.jpg")
    if not paths:
        raise BenchmarkError("no photographs: the package foolbox is not installed; choose other inputs, such as noise")
    return paths, source


def _in_foolbox(pattern: str) -> tuple[list[Path], str]:
    """Return the image files in the package, none where it is not installed, and its name; it is never imported."""
    try:
        package = distribution("foolbox")
    except PackageNotFoundError:
        return [], "the package foolbox"
    return sorted(
        Path(str(package.locate_file("foolbox/data"))).glob(pattern)
    ), f"the package foolbox {package.version}"


def _check(found: ImageSet, path: Path) -> None:
    """Raise BenchmarkError unless there are labelled images of finite numbers."""
    images, labels = found.images, found.labels
    if images.ndim != 4 or labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise BenchmarkError(
            f"{path} must hold images [N, H, W, C] and integer labels [N]; "
            f"it holds {images.dtype}{list(images.shape)} and {labels.dtype}{list(labels.shape)}"
        )
    if images.dtype == np.uint8:
        return
    if images.dtype.kind != "f":
        raise BenchmarkError(f"{path}: images must be bytes (uint8) or numbers in 0..1, not {images.dtype}")
    # Written so that NaN fails: it compares false with everything.
    wrong = ~((images >= 0) & (images <= 1)).all(axis=(1, 2, 3))
    if wrong.any():
        raise BenchmarkError(f"{path}: image {wrong.argmax()} (from 0) has values that are not in 0..1, or NaN")
