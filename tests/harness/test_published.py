"""The committed tables and the page are what the published runs give, byte for byte."""

from pathlib import Path

import pytest

from harness.board import gather, load_run, run_folders
from harness.leaderboard import write
from harness.site import content, page

RESULTS = Path(__file__).parents[2] / "results"
PUBLISHED = RESULTS / "published"


@pytest.fixture(scope="module")
def board():
    return gather([PUBLISHED])


@pytest.fixture(scope="module")
def runs():
    return [load_run(run) for run in run_folders(PUBLISHED)]


def differing(made: Path, committed: Path) -> list[str]:
    files = [path.relative_to(made) for path in made.rglob("*") if path.is_file()]
    assert files
    return [str(file) for file in files if (made / file).read_bytes() != (committed / file).read_bytes()]


def test_the_leaderboard(board, tmp_path):
    write(board, tmp_path)
    assert differing(tmp_path, RESULTS) == []
    assert {path.name for path in (tmp_path / "spaces").iterdir()} == {
        path.name for path in (RESULTS / "spaces").iterdir()
    }


def test_the_page(board, runs):
    assert page(content(board, runs)) == (RESULTS / "site" / "index.html").read_text(encoding="utf-8")
