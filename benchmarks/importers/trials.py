"""What the archives of NAS-Bench-201 and NATS-Bench have in common: seeds, data sets, parts of data sets."""

from collections.abc import Iterator
from typing import Any, Protocol

from benchmarks.importers.runs import Run

# (data set of the archive, part that accuracy is measured on, column). Of CIFAR-10 there are two kinds of runs:
# "cifar10-valid" is trained on one half of the training images and validated on the other, "cifar10" on all.
COLUMNS = (
    ("cifar10-valid", "x-valid", "cifar10/valid"),
    ("cifar10", "ori-test", "cifar10/test"),
    ("cifar100", "x-valid", "cifar100/valid"),
    ("cifar100", "x-test", "cifar100/test"),
    ("ImageNet16-120", "x-valid", "imagenet16_120/valid"),
    ("ImageNet16-120", "x-test", "imagenet16_120/test"),
)

# What the packages raise on results that are laid out otherwise, and their decompression on damaged ones.
DAMAGE = (AssertionError, AttributeError, EOFError, LookupError, OSError, TypeError, ValueError)


class ArchResults(Protocol):
    """The class of this name in the packages nas-bench-201 and nats_bench, as far as it is used here."""

    arch_str: str

    def get_dataset_names(self) -> list[str]:
        """Return the data sets."""

    def query(self, dataset: str) -> dict[int, Any]:
        """Return the trials on a data set, by seed."""


def runs(results: ArchResults, suffix: str) -> Iterator[Run]:
    """Yield the accuracies (%) after the last epoch of every seed; ``suffix`` is added to the name of the target."""
    for dataset, part, column in COLUMNS:
        if dataset in results.get_dataset_names():
            for trial in results.query(dataset).values():
                yield Run(str(results.arch_str), column + suffix, float(trial.get_eval(part)["accuracy"]))
