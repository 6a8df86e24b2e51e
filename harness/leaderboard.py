"""``python -m harness.leaderboard``: merge runs and leaderboards into one, as CSV, Markdown and LaTeX."""

from pathlib import Path

import hydra
import pandas as pd
from omegaconf import DictConfig

from harness import board_tables
from harness.board import gather
from harness.cli import told_to_people
from harness.files import write_text
from harness.publication import file_name, leaderboard_file, register

register()


@hydra.main(version_base="1.3", config_path="../conf", config_name="publication")
@told_to_people
def main(config: DictConfig) -> None:
    """Write the leaderboard of ``runs`` into ``results``."""
    results = Path(config.results)
    board = gather(map(Path, config.runs))
    write(board, results)
    print(f"{len(board)} rows, {board['proxy'].nunique()} proxies: {leaderboard_file(results)}")


def write(board: pd.DataFrame, results: Path) -> None:
    """Write ``board`` into the folder ``results``: the same rows give the same bytes."""
    spaces = results / "spaces"
    spaces.mkdir(parents=True, exist_ok=True)
    files = {spaces / f"{file_name(str(space))}.csv": csv(rows) for space, rows in board.groupby("space")}
    gone = set(spaces.glob("*.csv")) - files.keys()
    files |= {
        leaderboard_file(results): csv(board),
        results / "leaderboard.md": board_tables.markdown(board),
        results / "leaderboard.tex": board_tables.latex(board),
        results / "columns.md": board_tables.columns(),
    }
    for path, text in files.items():
        write_text(path, text)
    for path in gone:
        path.unlink()


def csv(board: pd.DataFrame) -> str:
    """Return ``board`` as CSV with six digits of every number."""
    numbers = board.select_dtypes("float").columns
    return board.assign(**(board[numbers] + 0.0)).to_csv(index=False, float_format="%.6g")  # + 0.0: never "-0"


if __name__ == "__main__":
    main()
