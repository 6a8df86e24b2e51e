"""NATS-Bench's size space from 7 MB of public files."""

from pathlib import Path

import pandas as pd

from benchmarks.nats_sss import channels
from benchmarks.recipes.recipe import Recipe

FILES = {
    "MONET__Cifar10-NATS.csv": "cifar10/test",
    "MONET__Cifar100-NATS.csv": "cifar100/test",
    "MONET__ImageNet-NATS.csv": "imagenet16_120/test",
}


def read(folder: Path) -> pd.DataFrame:
    """Join the tasks; the files number architectures as NATS-Bench does, in the order of `channels.architectures`."""
    columns = {task: pd.read_csv(folder / file).set_index("index")["accuracy"] for file, task in FILES.items()}
    table = pd.DataFrame(columns)
    return table.set_axis(pd.Index(channels.architectures())[table.index])


RECIPE = Recipe(
    files=tuple(FILES),
    read=read,
    parse=channels.parse,
    rows=32_768,
    optima={"cifar10/test": 93.65, "cifar100/test": 71.34, "imagenet16_120/test": 47.4},
    source="NATS-Bench size space",
    licence="MIT (NATS-Bench); the files that it was made of state none",
    citation="Dong, Liu, Musial and Gabrys, NATS-Bench, TPAMI 2021, arXiv 2009.00437",
    note="Test accuracy in % after 90 epochs.",
)
