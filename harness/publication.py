"""What the commands that publish results share: their settings, and where files go."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from hydra.core.config_store import ConfigStore

from harness.identity import short_hash

LONGEST = 100  # letters of a file name; a file system takes 255 with what is added to them


@dataclass
class Publication:
    """Settings of ``harness.publish``, ``leaderboard``, ``site``, ``missing``, ``run_missing`` and ``repeats``.

    ``runs`` are the sources of the leaderboard: folders with runs at any depth, and leaderboards as CSV files, which
    ``repeats`` passes over. The leaderboard, its figures and its page are written into ``results``. ``add`` is the
    folder of a run, or somebody's leaderboard, to publish. ``matrix`` names a plan in ``conf/experiment``.
    """

    runs: list[str] = field(default_factory=lambda: ["${results}/published"])
    results: str = "results"
    add: str | None = None
    matrix: str = "first_matrix"


def register() -> None:
    """Make the schema known to Hydra, so that a typo or a wrong type fails with the field's name."""
    ConfigStore.instance().store(name="base_publication", node=Publication)


def file_name(text: str) -> str:
    """Return a file name for any ``text``, different for different ones; letters, digits, - and _ stay as they are."""
    name = quote(text, safe="").replace(".", "%2E")  # dots, as "." and ".." are folders
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}-{short_hash(text)}"


def leaderboard_file(results: Path) -> Path:
    """Return the path of the leaderboard in the folder ``results``."""
    return results / "leaderboard.csv"


def published_folder(results: Path) -> Path:
    """Return the folder in ``results`` that holds what a leaderboard and its page need of each published run."""
    return results / "published"
