"""The figures of the leaderboard: two over all tasks, and for one task of each space what its scores show."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed

from harness import overview
from harness.board import CELL, Run, main_rows
from harness.errors import HarnessError
from harness.publication import file_name
from harness.report import as_rows
from harness.sample_size import spearman_by_size
from harness.statistics import oriented

ALL_TASKS = ("heat_map", "critical_differences")
ONE_TASK = ("costs", "agreement", "sample_sizes")
KINDS = ("svg", "png")
SIZES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)  # architectures, where a run has more than that

# Draws a figure into a file (.png, .svg); raises HarnessError if there is too little for it.
Draw = Callable[[Path], None]


def draw(board: pd.DataFrame, runs: Iterable[Run], folder: Path) -> None:
    """Draw what `harness.board.main_rows` of ``board`` and the scores in ``runs`` show, and nothing of other rows.

    Into ``folder`` go ``heat_map`` and ``critical_differences``. Into a folder for each space go, for its task with the
    most proxies, ``costs``, ``agreement`` and ``sample_sizes``; the last two need its scores. Each is an SVG and a PNG
    file. Figures of a former leaderboard that this one does not have are removed.
    """
    figures = dict(_figures(main_rows(board), runs))
    work = [(folder / f"{name}.{kind}", figure) for name, figure in figures.items() for kind in KINDS]
    outcomes = Parallel(n_jobs=-1)(delayed(_lack)(path, figure) for path, figure in work)
    lacks = {path: lack for (path, _), lack in zip(work, outcomes, strict=True)}
    for told in dict.fromkeys(f"{path.with_suffix('')}: {lack}" for path, lack in lacks.items() if lack):
        print(f"not drawn: {told}")
    drawn = {path for path, lack in lacks.items() if not lack}
    ours = [*ALL_TASKS, *(f"*/{name}" for name in ONE_TASK)]
    for old in {path for name in ours for kind in KINDS for path in folder.glob(f"{name}.{kind}")} - drawn:
        old.unlink()
        if old.parent != folder and not any(old.parent.iterdir()):
            old.parent.rmdir()


def _lack(path: Path, figure: Draw) -> str:
    """Draw ``figure``; return what it lacks, which a young leaderboard may, or nothing."""
    try:
        figure(path)
    except HarnessError as error:
        return str(error)
    return ""


def _figures(main: pd.DataFrame, runs: Iterable[Run]) -> Iterator[tuple[str, Draw]]:
    """Yield each figure and its path below the folder of figures, without suffix."""
    note = _note(main)
    yield "heat_map", partial(overview.heat_map, main, footnote=note)
    yield "critical_differences", partial(overview.critical_differences, main, footnote=note)
    one_task = pd.concat([_task_with_most_proxies(rows) for _, rows in main.groupby("space")])
    for space, rows in one_task.groupby("space"):
        yield f"{file_name(str(space))}/costs", partial(overview.costs, rows, footnote=_caption(rows))
    for conditions, scores in _scores(one_task, runs).items():
        yield from _figures_of_scores(one_task[one_task["conditions"] == conditions], scores)


def _scores(rows: pd.DataFrame, runs: Iterable[Run]) -> dict[str, pd.DataFrame]:
    """Return by conditions the scores [architecture, proxy] of ``rows``, higher is better, and the column truth."""
    found: dict[str, pd.DataFrame] = {}
    for run in runs:
        for row in as_rows(run.rows[run.rows["protocol"].isin(rows["protocol"])]):
            table = found.setdefault(row["conditions"], run.values[["truth"]].copy())
            table[row["proxy"]] = oriented(run.values[row["proxy"]], row["higher_is_better"] == "True")
    return found


def _figures_of_scores(rows: pd.DataFrame, scores: pd.DataFrame) -> Iterator[tuple[str, Draw]]:
    """Yield what the scores of one task show: who says the same as whom, and how correlations settle with n."""
    folder, caption = file_name(rows["space"].iloc[0]), _caption(rows)
    truth, table = scores["truth"], scores.drop(columns="truth").sort_index(axis=1)
    yield f"{folder}/agreement", partial(overview.agreement, table, footnote=caption)
    curves = []
    for name, column in table.items():
        kept = column.dropna()
        if len(kept) >= 3:
            sizes = [*(size for size in SIZES if size < len(kept)), len(kept)]
            curve = spearman_by_size(kept.to_numpy(), truth[kept.index].to_numpy(), sizes)
            curves.append(curve.assign(proxy=str(name)))
    if curves:
        yield f"{folder}/sample_sizes", partial(overview.sample_sizes, pd.concat(curves), footnote=caption)


def _task_with_most_proxies(rows: pd.DataFrame) -> pd.DataFrame:
    """Return those of ``rows`` of the task with the most proxies, of several the first by name."""
    sizes = rows.groupby(CELL)["proxy"].transform("size")
    largest = rows[sizes == sizes.max()].sort_values(CELL)
    return largest[(largest[CELL] == largest[CELL].iloc[0]).all(axis=1)]


def _note(main: pd.DataFrame) -> str:
    """Say of how many architectures each space was drawn, and of what there are notes that a reader should know."""
    sizes = main.groupby("space")["n"].unique()
    drawn = ", ".join(f"{space} {' or '.join(map(str, sorted(n)))}" for space, n in sizes.items())
    noted = [f"{proxy}: " in caveats for proxy, caveats in zip(main["proxy"], main["caveats"], strict=True)]
    some = "".join(f", also on {proxy}" for proxy in main["proxy"][noted].unique())
    notes = f"; please read the notes in leaderboard.md{some}" if main["caveats"].any() else ""
    return f"architectures: {drawn}{notes}"


def _caption(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    return (
        f"{first['space']}/{first['task']}/{first['target']}; {first['n']} of {first['population']} architectures; "
        f"{first['inputs_source']}; conditions {first['conditions']}"
    )
