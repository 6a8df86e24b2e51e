"""The figures of the leaderboard: two over all tasks, and for one task of each space what its scores show."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed

from harness import overview
from harness.board import CELL, Run, main_rows
from harness.errors import HarnessError
from harness.publication import file_name
from harness.sample_size import spearman_by_size
from harness.statistics import oriented

SIZES = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)  # architectures, where a run has as many


def draw(board: pd.DataFrame, runs: Iterable[Run], folder: Path) -> None:
    """Draw what `harness.board.main_rows` of ``board`` and the scores in ``runs`` show, and nothing of other rows.

    Into ``folder`` go ``heat_map`` and ``critical_differences``, as SVG and PNG. Into a folder for each space go, for
    its task with the most proxies, ``costs``, ``agreement`` and ``sample_sizes``; the last two need its scores.
    """
    main = main_rows(board)
    work = [delayed(_draw_all_tasks)(main, folder, kind) for kind in ("svg", "png")]
    one_task = pd.concat([_task_with_most_proxies(rows) for _, rows in main.groupby("space")])
    for space, rows in one_task.groupby("space"):
        path = folder / file_name(str(space)) / "costs.png"
        work.append(delayed(overview.costs)(rows, path, footnote=_caption(rows)))
    for run in runs:
        rows = run.rows[run.rows["protocol"].isin(one_task["protocol"])]
        if len(rows):
            work.append(delayed(_draw_scores)(rows, run.values, folder / file_name(rows["space"].iloc[0])))
    Parallel(n_jobs=-1)(work)


def _task_with_most_proxies(rows: pd.DataFrame) -> pd.DataFrame:
    """Return those of ``rows`` of the task with the most proxies, of several the first by name."""
    sizes = rows.groupby(CELL)["proxy"].transform("size")
    largest = rows[sizes == sizes.max()].sort_values(CELL)
    return largest[(largest[CELL] == largest[CELL].iloc[0]).all(axis=1)]


def _draw_all_tasks(main: pd.DataFrame, folder: Path, kind: str) -> None:
    overview.heat_map(main, folder / f"heat_map.{kind}")
    try:
        overview.critical_differences(main, folder / f"critical_differences.{kind}")
    except HarnessError as error:  # a young leaderboard has too little for it
        print(f"not drawn: {error}")


def _draw_scores(rows: pd.DataFrame, values: pd.DataFrame, folder: Path) -> None:
    """Draw what the scores of one run show: who says the same as whom, and how correlations settle with n."""
    scores, truth = {}, values["truth"].to_numpy(dtype=float)
    for row in rows.sort_values("proxy").to_dict("records"):
        scores[row["proxy"]] = oriented(values[row["proxy"]].to_numpy(dtype=float), row["higher_is_better"] == "True")
    table = pd.DataFrame(scores)
    overview.agreement(table, folder / "agreement.png", footnote=_caption(rows))
    curves = []
    for name, column in scores.items():
        scored = table[name].notna().to_numpy()
        sizes = [size for size in SIZES if size <= scored.sum()]
        if sizes:
            curves.append(spearman_by_size(column[scored], truth[scored], sizes).assign(proxy=name))
    if curves:
        overview.sample_sizes(pd.concat(curves), folder / "sample_sizes.png", footnote=_caption(rows))


def _caption(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    return (
        f"{first['space']}/{first['task']}/{first['target']}; {first['n']} of {first['population']} architectures; "
        f"{first['inputs_source']}; conditions {first['conditions']}"
    )
