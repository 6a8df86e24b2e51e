"""Reads one picture file at the size that a task wants: cut to its proportions in the middle, then resized."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.errors import BenchmarkError

# What Pillow raises on damaged files.
_DAMAGE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


def read_rgb(path: Path, size: tuple[int, int]) -> np.ndarray:
    """Return the picture as bytes [H, W, 3] of ``size`` (H, W).

    Raises BenchmarkError if the file cannot be read or has more than 8 bits a channel.
    """
    picture = _load(path)
    if picture.mode.startswith(("I", "F")):
        raise BenchmarkError(f"{path} has more than 8 bits a channel (mode {picture.mode})")
    return np.asarray(_fit(picture.convert("RGB"), size, Image.Resampling.BILINEAR))


def read_classes(path: Path, size: tuple[int, int]) -> np.ndarray:
    """Return the values of a picture with one channel as int64 [H, W] of ``size`` (H, W); none are mixed.

    Raises BenchmarkError if the file cannot be read, or has more than one channel or 8 bits.
    """
    picture = _load(path)
    if picture.mode not in ("L", "P"):
        raise BenchmarkError(f"{path} must have one channel of 8 bits, a class a pixel, not mode {picture.mode}")
    return np.asarray(_fit(picture, size, Image.Resampling.NEAREST)).astype(np.int64)


def _load(path: Path) -> Image.Image:
    try:
        with Image.open(path) as picture:
            picture.load()
            return picture
    except FileNotFoundError as error:
        raise BenchmarkError(f"there is no picture {path}") from error
    except _DAMAGE as error:
        raise BenchmarkError(f"{path} is no picture, or corrupt: {error}") from error


def _fit(picture: Image.Image, size: tuple[int, int], method: Image.Resampling) -> Image.Image:
    height, width = size
    return ImageOps.fit(picture, (width, height), method)
