"""The one batch of labelled images on which all networks of a run are scored."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from benchmarks.errors import BenchmarkError
from benchmarks.images import Archive, FoolboxWheel, ImageSet, PickledBatches, Place
from benchmarks.tasks import Task

Choice = Literal["first", "random"]

# Normalised images float32 [B, C, H, W], labels int64 [B], and a sentence for people on what they are.
Drawn = tuple[np.ndarray, np.ndarray, str]
Source = Callable[[Task, int, Choice, int, Path], Drawn]


@dataclass(frozen=True, eq=False)
class Batch:
    """Normalised ``images`` float32 [B, C, H, W] with ``labels`` int64 [B].

    ``source`` says for people what images these are; ``sha256`` is that of shape, type and bytes of both tensors.
    """

    images: Tensor
    labels: Tensor
    source: str
    sha256: str


@dataclass(frozen=True)
class DataSet:
    """Real images: where they may lie, best place first, and the mean and deviation of each channel."""

    title: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    places: tuple[Place, ...]


CIFAR10 = DataSet(
    "CIFAR-10",
    mean=(0.4914, 0.4822, 0.4465),
    std=(0.2470, 0.2435, 0.2616),
    places=(
        Archive("cifar10"),
        PickledBatches("cifar-10-batches-py", "data_batch_*", b"labels"),
        FoolboxWheel("cifar10"),
    ),
)
CIFAR100 = DataSet(
    "CIFAR-100",
    mean=(0.5071, 0.4865, 0.4409),
    std=(0.2673, 0.2564, 0.2762),
    places=(
        Archive("cifar100"),
        PickledBatches("cifar-100-python", "train", b"fine_labels"),
        FoolboxWheel("cifar100"),
    ),
)
IMAGENET16_120 = DataSet(
    "ImageNet16-120",
    mean=(0.4811, 0.4575, 0.4079),
    std=(0.2479, 0.2402, 0.2553),
    places=(Archive("imagenet16_120"),),
)


def load(source: str, task: Task, size: int, choice: Choice, seed: int, data: Path) -> Batch:
    """Return ``size`` labelled images for ``task``.

    ``source`` is a name in SOURCES, or ``task`` for the images that belong to the task. Of real images the
    ``first`` are taken, or ``random`` ones without replacement by ``seed``, such that a smaller batch is the
    beginning of a larger one; ``data`` is the folder in which they are looked for first. Raises BenchmarkError
    if there are too few images, or if they do not fit the task.
    """
    name = task.images if source == "task" else source
    if name not in SOURCES:
        raise BenchmarkError(f"unknown inputs '{name}'; known: task, {', '.join(SOURCES)}")
    if choice not in get_args(Choice):
        raise BenchmarkError(f"unknown choice of images '{choice}'; known: {', '.join(get_args(Choice))}")
    if size < 1:
        raise BenchmarkError(f"a batch needs at least one image, not {size}")
    images, labels, sentence = SOURCES[name](task, size, choice, seed, data)
    return Batch(torch.from_numpy(images), torch.from_numpy(labels), sentence, _sha256(images, labels))


def real(data_set: DataSet, task: Task, size: int, choice: Choice, seed: int, data: Path) -> Drawn:
    """Take images from the first place that has any, and normalise them by the data set's mean and deviation."""
    found = _find(data_set, data)
    _check(found, task)
    count = len(found.labels)
    if size > count:
        raise BenchmarkError(
            f"a batch of {size} is larger than the {count:,} {data_set.title} images in {found.source}; "
            f"ask for fewer or put more into the first of these places: {_places(data_set, data)}"
        )
    if choice == "first":
        chosen = np.arange(size)
        which = f"the first {size}"
    else:
        chosen = np.random.default_rng(seed).permutation(count)[:size]
        which = f"{size} (drawn with seed {seed})"
    pixels = found.images[chosen].astype(np.float32)
    if found.images.dtype == np.uint8:
        pixels /= 255
    normalised = (pixels - np.array(data_set.mean, np.float32)) / np.array(data_set.std, np.float32)
    images = np.ascontiguousarray(normalised.transpose(0, 3, 1, 2))
    labels = found.labels[chosen].astype(np.int64)
    return images, labels, f"{which} of {count:,} {data_set.title} images in {found.source}"


def noise(task: Task, size: int, choice: Choice, seed: int, data: Path) -> Drawn:
    """Draw standard normal images, and labels uniform over the task's outputs, by ``seed``."""
    images = _generator(seed, 0).standard_normal((size, *task.image_shape), dtype=np.float32)
    return images, _random_labels(task, size, seed), f"{size} images of standard normal noise (seed {seed})"


def ones(task: Task, size: int, choice: Choice, seed: int, data: Path) -> Drawn:
    """Return images of ones, with labels uniform over the task's outputs by ``seed``."""
    images = np.ones((size, *task.image_shape), dtype=np.float32)
    return images, _random_labels(task, size, seed), f"{size} images of ones (labels drawn with seed {seed})"


SOURCES: Mapping[str, Source] = {
    "cifar10": partial(real, CIFAR10),
    "cifar100": partial(real, CIFAR100),
    "imagenet16_120": partial(real, IMAGENET16_120),
    "noise": noise,
    "ones": ones,
}


def _find(data_set: DataSet, data: Path) -> ImageSet:
    for place in data_set.places:
        if found := place.find(data):
            return found
    raise BenchmarkError(
        f"no {data_set.title} images; looked for {_places(data_set, data)}. "
        "Put an archive with images [N, H, W, C] and labels [N] there, or choose other inputs, such as noise"
    )


def _places(data_set: DataSet, data: Path) -> str:
    return ", ".join(place.where(data) for place in data_set.places)


def _check(found: ImageSet, task: Task) -> None:
    """Raise BenchmarkError unless the images have the size, and the labels the classes, of ``task``."""
    height, width, channels = found.images.shape[1:]
    if (channels, height, width) != task.image_shape:
        takes = "x".join(map(str, task.image_shape))
        raise BenchmarkError(
            f"task '{task.name}' takes images of {takes}, but those in {found.source} are {channels}x{height}x{width}"
        )
    outside = (found.labels < 0) | (found.labels >= task.outputs)
    if outside.any():
        raise BenchmarkError(
            f"task '{task.name}' has the classes 0..{task.outputs - 1}, "
            f"but image {outside.argmax()} (from 0) in {found.source} is labelled {found.labels[outside.argmax()]}"
        )


def _generator(seed: int, stream: int) -> np.random.Generator:
    """Return one of several independent streams of a seed, so that labels do not depend on the images."""
    return np.random.default_rng([seed, stream])


def _random_labels(task: Task, size: int, seed: int) -> np.ndarray:
    return _generator(seed, 1).integers(task.outputs, size=size)


def _sha256(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape} {array.dtype.str}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
