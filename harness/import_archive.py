"""``python -m harness.import_archive``: make tables of an official archive of a benchmark."""

from dataclasses import dataclass, field
from pathlib import Path

import hydra
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig
from rich.progress import SpinnerColumn, TextColumn

from benchmarks.archives import ARCHIVES
from harness.cli import told_to_people
from harness.config import Paths
from harness.errors import HarnessError
from harness.progress import progress
from proxies.registry import look_up


@dataclass
class Import:
    """The kind of archive, and the ``file`` or folder that is one."""

    format: str | None = None
    file: str | None = None
    paths: Paths = field(default_factory=Paths)


ConfigStore.instance().store(name="base_import", node=Import)


@hydra.main(version_base="1.3", config_path="../conf", config_name="import")
@told_to_people
def main(config: DictConfig) -> None:
    """Read the archive and write a table for each space in it."""
    if config.format is None or config.file is None:
        raise HarnessError(f"nothing to import: give format={'|'.join(ARCHIVES)} and file=PATH")
    archive = look_up("format", config.format, ARCHIVES)
    with progress(SpinnerColumn(), TextColumn("{task.completed:,} architectures")) as bar:
        counter = bar.add_task("reading", total=None)
        data = Path(config.paths.data).expanduser()
        file = Path(config.file).expanduser()
        written = archive.convert(file, data, lambda count: bar.update(counter, completed=count))
    for path in written:
        print(f"written to {path}")
    print(f"{archive.source}; licence: {archive.licence}")


if __name__ == "__main__":
    main()
