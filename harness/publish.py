"""``python -m harness.publish add=…``: keep a run, or somebody's leaderboard, among the published results."""

from pathlib import Path

import hydra
from omegaconf import DictConfig

from harness.board import CELL, FILES, load_run, merge, tables
from harness.cli import told_to_people
from harness.errors import HarnessError
from harness.files import copy
from harness.identity import short_hash
from harness.publication import file_name, published_folder, register
from harness.schema import read

register()


@hydra.main(version_base="1.3", config_path="../conf", config_name="publication")
@told_to_people
def main(config: DictConfig) -> None:
    """Check what is to be added, and copy it."""
    if config.add is None:
        raise HarnessError("nothing to publish: give add= the folder of a run, or a leaderboard as a CSV file")
    print(f"published as {publish(Path(config.add), published_folder(Path(config.results)))}")


def publish(source: Path, published: Path) -> Path:
    """Copy the results of a run, or a leaderboard, into the folder ``published`` and return where they are now.

    Of a run only what a leaderboard and its page need is kept. The same measurements published again take the place of
    the former. Raises HarnessError if ``source`` is not valid or contradicts what is published.
    """
    if source.suffix.lower() == ".csv":
        board = read(source)
        name = f"{file_name(source.stem)}-{short_hash(sorted(board['protocol']))}.csv"
        target = published / "leaderboards" / name
        copies = {source: target}
    else:
        board = load_run(source).rows
        cell = (file_name(str(board[column][0])) for column in CELL)
        target = published.joinpath(*cell, short_hash(sorted(board["protocol"])))
        copies = {source / file: target / file for file in FILES}
    others = tables([published]) if published.exists() else {}
    others.pop(str(target), None)
    merge({**others, str(source): board})  # refuses a contradiction
    for file, copied in copies.items():
        copy(file, copied)
    return target


if __name__ == "__main__":
    main()
