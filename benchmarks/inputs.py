"""The one batch of labelled images on which all networks of a run are scored."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor

from benchmarks import folder, jigsaw
from benchmarks.data_sets import DATA_SETS, DataSet
from benchmarks.errors import BenchmarkError
from benchmarks.images import ImageSet, packaged_photographs
from benchmarks.labels import ClassIndex, GivenLabel
from benchmarks.pictures import read_rgb
from benchmarks.tasks import Task

Choice = Literal["first", "random"]


class Drawn(NamedTuple):
    """Normalised images float32 [B, C, H, W], labels [B, …]; for people: what they are, and what to beware of."""

    images: np.ndarray
    labels: np.ndarray
    source: str
    note: str = ""


Draw = Callable[[Task, int, Choice, int, Path], Drawn]


@dataclass(frozen=True, eq=False)
class Batch:
    """Normalised ``images`` float32 [B, C, H, W], or tiles [B, T, C, H, W], with ``labels`` [B, …].

    Labels are what the loss of the task takes: see `benchmarks.labels` for their shape and type. ``source`` says for
    people what images these are, ``note`` what a reader of a result must know of them;
    ``sha256`` is that of shape, type and bytes of both tensors.
    """

    images: Tensor
    labels: Tensor
    source: str
    sha256: str
    note: str = ""


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
    images, labels, sentence, note = SOURCES[name](task, size, choice, seed, data)
    if task.grid > 1:
        images = jigsaw.shuffle(images, labels, task.grid, task.outputs)
    return Batch(torch.from_numpy(images), torch.from_numpy(labels), sentence, _sha256(images, labels), note)


def real(data_set: DataSet, task: Task, size: int, choice: Choice, seed: int, data: Path) -> Drawn:
    """Take images from the first place that has any, and normalise them by the data set's mean and deviation."""
    found = data_set.find(data)
    _check(found, task)
    what = f"{data_set.title} images in {found.source}"
    advice = f"put more into the first of these places: {data_set.where(data)}"
    chosen, sentence = _choose(len(found.labels), size, choice, seed, what, advice)
    return Drawn(data_set.normalise(found.images[chosen]), found.labels[chosen].astype(np.int64), sentence)


def user_folder(task: Task, size: int, choice: Choice, seed: int, data: Path) -> Drawn:
    """Take the images and labels that the table ``TASK.csv`` in the folder ``data`` lists (see `benchmarks.folder`).

    Images are normalised like the task's own. Labels that are no one's to give are made by ``seed``.
    """
    path, label = data / f"{task.name}.csv", task.label
    lines = folder.read_table(path, label.columns(task.outputs) if isinstance(label, GivenLabel) else 0)
    chosen, sentence = _choose(len(lines), size, choice, seed, f"images of {path}", "list more there")
    taken = [lines[index] for index in chosen]
    images = _data_set(task).normalise(folder.read_images(path, taken, task))
    sentence += _resized(task)
    if isinstance(label, GivenLabel):
        return Drawn(images, folder.read_labels(path, taken, task, label), sentence)
    return Drawn(images, _made_up(task, images, seed), f"{sentence}; {label.drawn}")


def photographs(task: Task, size: int, choice: Choice, seed: int, data: Path) -> Drawn:
    """Take photographs that a package carries, whatever the task, with labels that are made up by ``seed``."""
    paths, source = packaged_photographs()
    what, advice = f"photographs in {source}", "give a folder of your own: inputs=folder inputs.path=FOLDER"
    chosen, sentence = _choose(len(paths), size, choice, seed, what, advice)
    pixels = np.stack([read_rgb(paths[index], task.image_shape[1:]) for index in chosen])
    data_set = _data_set(task)
    images = data_set.normalise(pixels)
    return Drawn(
        images,
        _made_up(task, images, seed),
        f"{sentence}{_resized(task)}; {task.label.drawn}; a stand-in, not {data_set.title}",
        f"the images are not {data_set.title}, but {sentence}, with {task.label.drawn}; "
        f"use {data_set.title}'s by inputs=folder inputs.path=FOLDER",
    )


def taskonomy(task: Task, size: int, choice: Choice, seed: int, data: Path) -> Drawn:
    """Take the user's own images in the folder ``taskonomy`` of ``data`` if they are there, photographs otherwise.

    Taskonomy's licence does not allow to pass its images on.
    """
    own = data / "taskonomy"
    source = user_folder if (own / f"{task.name}.csv").exists() else photographs
    return source(task, size, choice, seed, own)


def noise(task: Task, size: int, choice: Choice, seed: int, data: Path) -> Drawn:
    """Draw standard normal images, and labels, by ``seed``."""
    images = _generator(seed, 0).standard_normal((size, *task.image_shape), dtype=np.float32)
    return Drawn(images, _made_up(task, images, seed), f"{size} images of standard normal noise (seed {seed})")


def ones(task: Task, size: int, choice: Choice, seed: int, data: Path) -> Drawn:
    """Return images of ones, with labels drawn by ``seed``."""
    images = np.ones((size, *task.image_shape), dtype=np.float32)
    return Drawn(images, _made_up(task, images, seed), f"{size} images of ones (labels drawn with seed {seed})")


SOURCES: Mapping[str, Draw] = {
    "cifar10": partial(real, DATA_SETS["cifar10"]),
    "cifar100": partial(real, DATA_SETS["cifar100"]),
    "imagenet16_120": partial(real, DATA_SETS["imagenet16_120"]),
    "taskonomy": taskonomy,
    "folder": user_folder,
    "photographs": photographs,
    "noise": noise,
    "ones": ones,
}


def _choose(count: int, size: int, choice: Choice, seed: int, what: str, advice: str) -> tuple[np.ndarray, str]:
    """Return the numbers of ``size`` of ``count`` images, and words that say which they are of ``what``."""
    if size > count:
        raise BenchmarkError(f"a batch of {size} is larger than the {count:,} {what}; ask for fewer or {advice}")
    if choice == "first":
        return np.arange(size), f"the first {size} of {count:,} {what}"
    chosen = np.random.default_rng(seed).permutation(count)[:size]
    return chosen, f"{size} (drawn with seed {seed}) of {count:,} {what}"


def _data_set(task: Task) -> DataSet:
    if task.images not in DATA_SETS:
        raise BenchmarkError(f"task '{task.name}' has images of its own kind, '{task.images}', and takes no others")
    return DATA_SETS[task.images]


def _resized(task: Task) -> str:
    """Say to which size pictures were brought."""
    height, width = task.image_shape[1:]
    return f", cut and resized to {width}x{height}"


def _check(found: ImageSet, task: Task) -> None:
    """Raise BenchmarkError unless the images have the size, and the labels the classes, of ``task``."""
    if not isinstance(task.label, ClassIndex):
        raise BenchmarkError(f"task '{task.name}' is not one of single classes, as the images in {found.source} are")
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


def _made_up(task: Task, images: np.ndarray, seed: int) -> np.ndarray:
    return task.label.draw(images, task.outputs, _generator(seed, 1))


def _sha256(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape} {array.dtype.str}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
