"""Figures over several proxies, tasks and runs: who ranks well where, who says the same as whom, at what cost."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import scikit_posthocs
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from matplotlib.transforms import Bbox
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from harness.errors import HarnessError
from harness.figure import BLUE, DARK, GREY, LIGHT_BLUE, ORANGE, new_figure
from harness.matrix import average_ranks, common_part, pareto_front, score_matrix

Floats = NDArray[np.float64]

# Lightness rises with the correlation, so that the order survives a grey print and every kind of colour vision.
COLOURS = "viridis"


def heat_map(correlations: pd.DataFrame, path: Path, *, footnote: str = "") -> None:
    """Draw Spearman's ρ of proxies × (space, task), the best average rank on top.

    ``correlations`` has the columns space, task, target, proxy, spearman, one row a cell. Cells that were not run
    stay empty. Tasks outside the `common_part` do not count for the ranks, and are in italics.
    """
    matrix = score_matrix(correlations)
    ranks, counted = average_ranks(matrix), common_part(matrix).columns
    matrix = matrix.loc[ranks.index]
    names = matrix.columns.to_frame(index=False).astype(str)
    spaces = names["space"].tolist()
    rows, columns = matrix.shape
    with new_figure(path, max(4.2, 2.2 + 0.5 * columns), 2.1 + 0.29 * rows, footnote) as figure:
        axes = figure.subplots()
        _cells(axes, matrix, (names["task"] + " (" + names["target"] + ")").tolist())
        for space in dict.fromkeys(spaces):
            first, count = spaces.index(space), spaces.count(space)
            axes.axvline(first - 0.5, color="white", lw=4)
            size = min(10, 55 * count / len(space))  # points: a bold letter is .65 of them wide, a column 36
            axes.text(first + count / 2 - 0.5, -0.75, space, ha="center", va="bottom", fontweight="bold", fontsize=size)
        for label, column in zip(axes.get_xticklabels(), matrix.columns, strict=True):
            label.set(**({} if column in counted else {"color": GREY, "style": "italic"}))
        for y, rank in enumerate(ranks):
            axes.text(columns - 0.3, y, "–" if np.isnan(rank) else f"{rank:.1f}", ha="left", va="center")
        axes.text(columns - 0.3, -0.75, f"average\nrank in\n{len(counted)} tasks", ha="left", va="bottom")
        aside = "" if len(counted) == columns else "; tasks in italics do not count for the rank"
        figure.suptitle(f"Spearman's ρ with the trained result{aside}", x=0.01, ha="left", fontsize=11)


def agreement(scores: pd.DataFrame, path: Path, *, footnote: str = "") -> None:
    """Draw Spearman's ρ between the scores of each two proxies, those that say the same side by side.

    ``scores`` [architecture, proxy], higher is better, is nan where a score failed; a pair is compared where both
    exist.
    """
    matrix = scores.corr(method="spearman", min_periods=3)
    if len(matrix) > 2:
        distance = 1 - matrix.fillna(0).to_numpy(dtype=np.float64)
        tree = linkage(squareform(distance, checks=False), method="average", optimal_ordering=True)
        matrix = matrix.iloc[leaves_list(tree), leaves_list(tree)]
    size = len(matrix)
    with new_figure(path, max(4.2, 1.8 + 0.46 * size), 2 + 0.36 * size, footnote) as figure:
        _cells(figure.subplots(), matrix, [str(name) for name in matrix.columns])
        figure.suptitle("Spearman's ρ between scores", x=0.01, ha="left", fontsize=11)


def _cells(axes: Axes, matrix: pd.DataFrame, columns: Sequence[str]) -> None:
    """Draw a matrix of correlations as colours with the number in each cell; nan is a white cell."""
    values = matrix.to_numpy(dtype=np.float64)
    axes.imshow(values, cmap=COLOURS, vmin=-1, vmax=1, aspect="auto")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_yticks(range(len(matrix)), [str(name) for name in matrix.index])
    axes.set_xticks(range(len(columns)), columns, rotation=90)
    for (y, x), value in np.ndenumerate(values):
        if not np.isnan(value):
            text = f"{round(value, 2) + 0.0:.2f}".replace("0.", ".").replace("-", "−")  # + 0.0: never "−.00"
            axes.text(x, y, text, ha="center", va="center", fontsize=8, color="white" if value < -0.1 else "black")


def sample_sizes(curves: pd.DataFrame, path: Path, *, footnote: str = "") -> None:
    """Draw how ρ settles as the sample grows, one small panel a proxy.

    ``curves`` has the columns proxy, n, spearman, spearman_low, spearman_high (see `harness.sample_size`).
    """
    proxies = curves["proxy"].drop_duplicates().tolist()
    columns = min(4, len(proxies))
    rows = -(-len(proxies) // columns)
    ticks = _apart(curves["n"].unique())
    with new_figure(path, 0.8 + 2.1 * columns, 0.9 + 1.7 * rows, footnote) as figure:
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for place, axes in enumerate(panels.flat):
            if place >= len(proxies):
                axes.remove()
                continue
            curve = curves[curves["proxy"] == proxies[place]]
            axes.fill_between(curve["n"], curve["spearman_low"], curve["spearman_high"], color=LIGHT_BLUE)
            axes.plot(curve["n"], curve["spearman"], color=BLUE, marker="o", ms=3)
            axes.axhline(curve["spearman"].iloc[-1], color=GREY, lw=0.8, ls="--")
            axes.set_title(str(proxies[place]))
            axes.set_xscale("log")
            axes.set_xticks(ticks, [f"{size:g}" for size in ticks], fontsize=8)
            axes.xaxis.set_minor_locator(NullLocator())
            if place + columns >= len(proxies):  # the lowest panel of its column
                axes.tick_params(labelbottom=True)
                axes.set_xlabel("architectures")
        figure.supylabel("Spearman's ρ of random subsets", fontsize=10)
        told = "median and central 95 % of subsets of one sample: the spread ends where the subset is all of it"
        figure.suptitle(told, x=0.01, ha="left", fontsize=9)


def _apart(sizes: NDArray[np.int64]) -> list[int]:
    """Return those of ``sizes`` whose names do not overlap on a logarithmic axis, the largest among them."""
    chosen: list[int] = []
    for size in sorted(map(int, sizes), reverse=True):
        if not chosen or size <= chosen[-1] / 1.8:
            chosen.append(size)
    return chosen


def costs(correlations: pd.DataFrame, path: Path, *, footnote: str = "") -> None:
    """Draw seconds per architecture against ρ with its interval; proxies that none beats in both are joined.

    ``correlations`` has the columns proxy, seconds_per_arch, spearman, spearman_low, spearman_high; rows without a
    correlation or a time are left out. Raises HarnessError if none is left.
    """
    known = correlations.dropna(subset=["seconds_per_arch", "spearman"]).sort_values(["spearman", "proxy"])
    known = known[known["seconds_per_arch"] > 0]
    if known.empty:
        raise HarnessError("a figure of costs needs a proxy with a correlation and a time")
    seconds, rho, low, high = (
        known[name].to_numpy(dtype=np.float64)
        for name in ("seconds_per_arch", "spearman", "spearman_low", "spearman_high")
    )
    best = pareto_front(seconds, rho)
    with new_figure(path, 7.2, 4.8, footnote) as figure:
        axes = figure.subplots()
        reach = np.maximum(0, np.stack([rho - low, high - rho]))
        axes.errorbar(seconds, rho, yerr=reach, fmt="none", ecolor="#BBBBBB", elinewidth=1)
        axes.step(np.sort(seconds[best]), np.sort(rho[best]), where="post", color=ORANGE, lw=1.5, label="Pareto front")
        axes.scatter(seconds[~best], rho[~best], s=32, color="white", edgecolor=BLUE, zorder=3)
        axes.scatter(seconds[best], rho[best], s=36, color=ORANGE, zorder=3)
        axes.set_xscale("log")
        axes.margins(x=0.12)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set(xlabel="seconds per architecture", ylabel="Spearman's ρ with the trained result")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1))
        _label(figure, axes, seconds, rho, known["proxy"].astype(str).tolist())


def _label(figure: Figure, axes: Axes, x: Floats, y: Floats, names: Sequence[str]) -> None:
    """Write each name beside its point, at the nearest place that is free."""
    figure.draw_without_rendering()  # the layout must stand before places can be compared
    inside = axes.get_window_extent()
    points = axes.transData.transform(np.column_stack([x, y]))
    taken = [Bbox.from_bounds(left - 5, bottom - 5, 10, 10) for left, bottom in points]
    sides = [("left", 1, 0), ("right", -1, 0), ("left", 0.7, 0.9), ("left", 0.7, -0.9), ("right", -0.7, 0.9)]
    sides += [("right", -0.7, -0.9), ("center", 0, 1.3), ("center", 0, -1.3)]
    for point, name in zip(zip(x, y, strict=True), names, strict=True):
        text = axes.annotate(name, point, xytext=(7, 0), textcoords="offset points", va="center", fontsize=9)
        for distance, (side, right, up) in ((d, s) for d in (7, 12, 20, 30) for s in sides):
            text.set(ha=side, position=(distance * right, distance * up))
            box = text.get_window_extent()
            if inside.containsx(box.x0) and inside.containsx(box.x1) and not box.count_overlaps(taken):
                break
        taken.append(box)


def critical_differences(correlations: pd.DataFrame, path: Path, *, footnote: str = "") -> None:
    """Draw average ranks over tasks; bars join proxies that do not differ by Nemenyi's test (Demšar, JMLR 2006).

    ``correlations`` is that of `heat_map`; only its `common_part` is drawn. Raises HarnessError if that has fewer than
    three proxies or two tasks.
    """
    matrix = common_part(score_matrix(correlations))
    if len(matrix) < 3 or matrix.shape[1] < 2:
        raise HarnessError("a critical-difference diagram needs at least three proxies with results on two tasks")
    p_values = scikit_posthocs.posthoc_nemenyi_friedman(matrix.T.to_numpy())
    p_values.index = p_values.columns = matrix.index
    with new_figure(path, 8, 1.4 + 0.2 * len(matrix), footnote) as figure:
        axes = figure.subplots()
        axes.grid(visible=False)
        drawn = scikit_posthocs.critical_difference_diagram(
            average_ranks(matrix),
            p_values,
            ax=axes,
            label_fmt_left="{label}  {rank:.1f}",
            label_fmt_right="{rank:.1f}  {label}",
            text_h_margin=0.1,
            color_palette=[DARK] * len(matrix),
            elbow_props={"linewidth": 1},
            crossbar_props={"linewidth": 3, "color": ORANGE},
        )
        for bar in (line for lines in drawn["crossbars"] for line in lines):
            bar.set_xdata(np.sort(bar.get_xdata()))  # a set's order, which it has, is another one in each process
        title = f"average rank over {matrix.shape[1]} tasks, 1 is best; bars join what 5 % cannot tell apart (Nemenyi)"
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
