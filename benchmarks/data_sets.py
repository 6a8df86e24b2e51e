"""Data sets of real images: where they may lie, and how their pixels are normalised."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.errors import BenchmarkError
from benchmarks.images import FoolboxWheel, ImageSet, NumpyArchive, PickledBatches, Place


@dataclass(frozen=True)
class DataSet:
    """Real images: where they may lie, best place first, and the mean and deviation of each channel."""

    title: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    places: tuple[Place, ...] = ()

    def where(self, data: Path) -> str:
        """List the places, given the data folder."""
        return ", ".join(place.where(data) for place in self.places)

    def find(self, data: Path) -> ImageSet:
        """Return the images of the first place that has any; raises BenchmarkError if none has, or they are damaged."""
        for place in self.places:
            if found := place.find(data):
                return found
        raise BenchmarkError(
            f"no {self.title} images; looked for {self.where(data)}. "
            "Put an archive with images [N, H, W, C] and labels [N] there, or choose other inputs, such as noise"
        )

    def normalise(self, images: np.ndarray) -> np.ndarray:
        """Return images [B, H, W, C], bytes or numbers in 0..1, as normalised float32 [B, C, H, W]."""
        pixels = images.astype(np.float32)
        if images.dtype == np.uint8:
            pixels /= 255
        normalised = (pixels - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(normalised.transpose(0, 3, 1, 2))


# By the name that tasks give to their images.
DATA_SETS: Mapping[str, DataSet] = {
    "cifar10": DataSet(
        "CIFAR-10",
        mean=(0.4914, 0.4822, 0.4465),
        std=(0.2470, 0.2435, 0.2616),
        places=(
            NumpyArchive("cifar10"),
            PickledBatches("cifar-10-batches-py", "data_batch_*", b"labels"),
            FoolboxWheel("cifar10"),
        ),
    ),
    "cifar100": DataSet(
        "CIFAR-100",
        mean=(0.5071, 0.4865, 0.4409),
        std=(0.2673, 0.2564, 0.2762),
        places=(
            NumpyArchive("cifar100"),
            PickledBatches("cifar-100-python", "train", b"fine_labels"),
            FoolboxWheel("cifar100"),
        ),
    ),
    "imagenet16_120": DataSet(
        "ImageNet16-120",
        mean=(0.4811, 0.4575, 0.4079),
        std=(0.2479, 0.2402, 0.2553),
        places=(NumpyArchive("imagenet16_120"),),
    ),
    # -1..1, the range of what its decoders put out.
    "taskonomy": DataSet("Taskonomy", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
}
