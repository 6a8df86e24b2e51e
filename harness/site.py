"""``python -m harness.site``: the leaderboard as one page that needs no network, and its figures."""

import math
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import hydra
import pandas as pd
from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from omegaconf import DictConfig

from harness import board_figures, literature
from harness.board import Run, load_runs, main_rows
from harness.cli import told_to_people
from harness.files import write_text
from harness.identity import CONDITIONS
from harness.publication import leaderboard_file, register
from harness.schema import VERSION, read

ASSETS = Path(__file__).with_name("assets")
SCRIPTS = ["vendor.js", "page.js"]
# Told once for all rows of the same conditions.
TRUTH = ["truth_source", "truth_licence", "truth_note"]
INPUTS = ["inputs_name", "inputs_source", "inputs_choice", "inputs_seed"]
SHARED = [*CONDITIONS, *TRUTH, *INPUTS]
MOST_POINTS = 1000  # of a scatter plot; the draw of a run is random, and so are its first architectures

register()


@hydra.main(version_base="1.3", config_path="../conf", config_name="publication")
@told_to_people
def main(config: DictConfig) -> None:
    """Write the page and the figures of the leaderboard in ``results``."""
    results = Path(config.results)
    board = read(leaderboard_file(results))
    runs = load_runs(map(Path, config.runs))
    path = results / "site" / "index.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, page(content(board, runs)))
    board_figures.draw(board, runs, results / "figures")
    print(f"page: {path}")


def page(data: dict[str, Any]) -> str:
    """Return the whole page; ``data`` is written as JSON in which no ``<`` is left that could end its element."""
    environment = Environment(loader=PackageLoader("harness", "assets"), autoescape=True, keep_trailing_newline=True)
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    environment.filters["hashed"] = hashed
    return environment.get_template("page.html").render(data=data, scripts=SCRIPTS, asset=asset)


def asset(name: str) -> Markup:
    """Return a script or style sheet of this package, which the page holds as it is."""
    return Markup((ASSETS / name).read_text(encoding="utf-8"))


def hashed(script: str) -> str:
    """Return what the page's security policy calls a script by; the policy lets no other one run."""
    return f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}"


def content(board: pd.DataFrame, runs: Iterable[Run]) -> dict[str, Any]:
    """Return what the page shows: the rows of the leaderboard, published values, and scores where runs have them.

    Numbers have at most six digits, so that the page stays small.
    """
    main = set(main_rows(board)["protocol"])
    pairs = literature.compare(board)
    theirs = [name for name in pairs.columns if name.startswith("published_")]
    return {
        "schema": VERSION,
        "rows": records(
            board.drop(columns=set(SHARED) - {"space", "task", "target", "n"}).assign(main=board["protocol"].isin(main))
        ),
        "conditions": {
            str(row["conditions"]): {name: row[name] for name in SHARED}
            for row in records(board.drop_duplicates("conditions"))
        },
        "literature": records(pairs[["protocol", *theirs, "ours", "low", "high", "difference", "covered"]]),
        "scores": scores(board, runs),
    }


def scores(board: pd.DataFrame, runs: Iterable[Run]) -> dict[str, Any]:
    """Return by conditions the architectures, their trained results, and the scores by protocol of ``board``."""
    known = set(board["protocol"])
    found: dict[str, Any] = {}
    for run in runs:
        rows, values = run.rows, run.values.iloc[:MOST_POINTS]
        shared = {"architectures": values.index.tolist(), "truth": numbers(values["truth"]), "scores": {}}
        entry = found.setdefault(str(rows["conditions"][0]), shared)
        for proxy, protocol in zip(rows["proxy"], rows["protocol"], strict=True):
            if protocol in known:
                entry["scores"][protocol] = numbers(values[proxy])
    # In this order whatever that of the runs, so that the same results give the same bytes.
    return {key: {**found[key], "scores": dict(sorted(found[key]["scores"].items()))} for key in sorted(found)}


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of ``table`` as JSON can hold them."""
    return [{str(name): plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def numbers(column: "pd.Series[float]") -> list[float | None]:
    """Return ``column`` as JSON can hold it."""
    return [plain(value) for value in column.tolist()]


def plain(value: Any) -> Any:
    """Return ``value`` with six digits if it is a number with a fraction, and None if it is not finite."""
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    short = float(f"{value:.6g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


if __name__ == "__main__":
    main()
