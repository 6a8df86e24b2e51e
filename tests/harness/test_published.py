"""The committed tables and the page are what the published runs give, byte for byte."""

from pathlib import Path

from harness.board import gather, load_runs
from harness.leaderboard import write
from harness.schema import read
from harness.site import content, page

RESULTS = Path(__file__).parents[2] / "results"
PUBLISHED = RESULTS / "published"


def differing(made: Path, committed: Path) -> list[str]:
    files = [path.relative_to(made) for path in made.rglob("*") if path.is_file()]
    assert files
    return [str(file) for file in files if (made / file).read_bytes() != (committed / file).read_bytes()]


def test_the_leaderboard(tmp_path):
    write(gather([PUBLISHED]), tmp_path)
    assert differing(tmp_path, RESULTS) == []
    assert {path.name for path in (tmp_path / "spaces").iterdir()} == {
        path.name for path in (RESULTS / "spaces").iterdir()
    }


def test_the_page():
    made = page(content(read(RESULTS / "leaderboard.csv"), load_runs([PUBLISHED])))
    is_committed = made == (RESULTS / "site" / "index.html").read_text(encoding="utf-8")
    assert is_committed, "`make report` gives another page"  # pytest would compare megabytes for an hour
