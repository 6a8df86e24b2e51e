"""``python -m harness.fetch``: get the public files of a space, or a set of images, into the data folder."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import hydra
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig
from rich.progress import BarColumn, DownloadColumn

from benchmarks import fetch
from benchmarks.recipes import RECIPES
from benchmarks.sources import Source
from harness.cli import told_to_people
from harness.config import Paths
from harness.errors import HarnessError
from harness.progress import progress
from proxies.registry import look_up


@dataclass
class Fetch:
    """What to get: the table of a ``space``, a set of ``images``; ``mirror`` is a folder or the beginning of a URL."""

    space: str | None = None
    images: str | None = None
    mirror: str | None = "${oc.env:ZCBENCH_MIRROR,null}"
    paths: Paths = field(default_factory=Paths)


ConfigStore.instance().store(name="base_fetch", node=Fetch)


@hydra.main(version_base="1.3", config_path="../conf", config_name="fetch")
@told_to_people
def main(config: DictConfig) -> None:
    """Download, check, and write what the data folder needs."""
    data = Path(config.paths.data).expanduser()
    if config.space is None and config.images is None:
        raise HarnessError(f"nothing to fetch: give space={'|'.join(RECIPES)} or images={'|'.join(fetch.IMAGES)}")
    if config.space is not None:
        recipe = look_up("space with public files", config.space, RECIPES)
        download(recipe.sources, data, config.mirror)
        print(f"please cite: {recipe.citation}\nwritten to {fetch.make_table(config.space, recipe, data)}")
    if config.images is not None:
        archive = look_up("set of images", config.images, fetch.IMAGES)
        raw = download([archive], data, config.mirror)
        print(f"written to {fetch.unpack(raw / archive.file, data)}")


def download(sources: Sequence[Source], data: Path, mirror: str | None) -> Path:
    """Download ``sources`` and say what they are."""
    with progress(BarColumn(), DownloadColumn()) as bar:
        tasks = {source: bar.add_task(source.file, total=source.bytes) for source in sources}
        raw = fetch.download(sources, data, mirror, lambda source, there: bar.update(tasks[source], completed=there))
    for source in sources:
        print(f"{source.url}\n  {source.what}; licence: {source.licence}")
    return raw


if __name__ == "__main__":
    main()
