"""Figures of one run: a scatter for each proxy, and the correlations of all of them side by side."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, SymmetricalLogLocator
from numpy.typing import NDArray
from scipy import stats

from harness.figure import BLUE, DARK, GREY, LIGHT_BLUE, ORANGE, new_figure

Floats = NDArray[np.float64]


def scatter(
    scores: Floats,
    truth: Floats,
    summary: Mapping[str, float],
    path: Path,
    *,
    proxy: str,
    truth_label: str,
    higher_is_better: bool = True,
    footnote: str = "",
) -> None:
    """Draw scores [n] (nan where failed) against truth [n], as values and as ranks, which is all that ρ and τ see.

    ``summary`` is that of `harness.statistics.summarise`; ``truth_label`` names quantity and unit, for instance
    ``cifar10 test accuracy (%)``. The trained results of failed architectures are ticks at the left edge.
    """
    scored = ~np.isnan(scores)
    direction = "" if higher_is_better else " (lower is better)"
    with new_figure(path, 8.4, 4.3, footnote) as figure:
        figure.suptitle(f"{proxy}:  {_in_words(summary)}", x=0.01, ha="left", fontsize=11)
        values, ranks = figure.subplots(1, 2)
        _points(values, scores[scored], truth[scored])
        _set_scale(values, scores[scored])
        values.set(xlabel=f"{proxy} score{direction}", ylabel=truth_label)
        if not scored.all():
            missing = truth[~scored]
            label = f"{len(missing)} failed (no score)"
            edge = values.get_yaxis_transform()  # x as a share of the width, y in the unit of the truth
            values.plot(
                np.full(len(missing), 0.012), missing, "_", ms=9, mew=1.3, c=ORANGE, transform=edge, label=label
            )
            values.legend(loc="lower right")
        best_last = scores[scored] if higher_is_better else -scores[scored]
        _points(ranks, stats.rankdata(best_last), stats.rankdata(truth[scored]))
        ranks.set(xlabel=f"rank by {proxy} (best right)", ylabel="rank by trained result (best on top)")


def _points(axes: Axes, x: Floats, y: Floats) -> None:
    size = float(np.clip(4000 / max(1, len(x)), 2, 22))
    # Many points as a picture inside an SVG: a vector for each would make the file unusable.
    axes.scatter(x, y, s=size, color=BLUE, alpha=0.55, linewidths=0, rasterized=len(x) > 2000)


def _set_scale(axes: Axes, values: Floats) -> None:
    """Logarithmic where a few values are far larger than most, as linear axes would squeeze the rest together."""
    sizes = np.abs(values[values != 0])
    if not len(sizes) or sizes.max() < 10 * np.median(sizes):
        return
    if np.all(values > 0):
        axes.set_xscale("log")
    else:
        linear = float(np.quantile(sizes, 0.75))
        axes.set_xscale("symlog", linthresh=linear)
        locator = SymmetricalLogLocator(base=10, linthresh=linear)
        locator.set_params(numticks=5)
        axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("e+0", "e").replace("-", "−"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _in_words(summary: Mapping[str, float]) -> str:
    scored = int(summary["n"] - summary["n_failed"])
    spearman = f"ρ = {summary['spearman']:.2f} [{summary['spearman_low']:.2f}, {summary['spearman_high']:.2f}]"
    kendall = f"τ = {summary['kendall']:.2f} [{summary['kendall_low']:.2f}, {summary['kendall_high']:.2f}]"
    return f"{spearman},  {kendall},  n = {scored}".replace("-", "−")


def bars(correlations: pd.DataFrame, path: Path, *, footnote: str = "") -> None:
    """Draw Spearman's ρ of each proxy as a bar and Kendall's τ-b as a diamond, both with intervals, best on top.

    ``correlations`` has the columns proxy, n, n_failed, spearman and kendall with _low and _high. Undefined
    correlations come last and say so.
    """
    rows = correlations.sort_values(["spearman", "proxy"], ascending=[True, False], na_position="first")
    place = np.arange(len(rows), dtype=np.float64)
    lowest = np.fmin.reduce([_column(rows, name) for name in ("spearman_low", "kendall_low")], axis=None, initial=0)
    with new_figure(path, 7.2, 1.5 + 0.34 * len(rows), footnote) as figure:
        axes = figure.subplots()
        axes.barh(place, _column(rows, "spearman"), height=0.62, color=LIGHT_BLUE, label="Spearman's ρ")
        _whiskers(axes, place + 0.1, rows, "spearman", fmt="none", color=DARK)
        _whiskers(axes, place - 0.17, rows, "kendall", fmt="D", color=ORANGE, label="Kendall's τ-b")
        for y, (rho, failed) in enumerate(zip(_column(rows, "spearman"), rows["n_failed"], strict=True)):
            text = "undefined" if np.isnan(rho) else f"{rho:.2f}".replace("-", "−")
            text += f"  ({failed} failed)" if failed else ""
            axes.text(1.02, y, text, transform=axes.get_yaxis_transform(), va="center", fontsize=9)
        axes.axvline(0, color=GREY, lw=0.8)
        axes.grid(axis="y", visible=False)
        axes.set_yticks(place, rows["proxy"].tolist())
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_xlim(np.floor(10 * lowest) / 10, 1)
        axes.set_xlabel("rank correlation with the trained result (whiskers: bootstrap interval)")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)


def _column(rows: pd.DataFrame, name: str) -> Floats:
    return rows[name].to_numpy(dtype=np.float64)


def _whiskers(
    axes: Axes, place: Floats, rows: pd.DataFrame, statistic: str, *, fmt: str, color: str, label: str = ""
) -> None:
    value, low, high = (_column(rows, name) for name in (statistic, f"{statistic}_low", f"{statistic}_high"))
    # An estimate may lie a little outside a percentile interval; a negative length cannot be drawn.
    reach = np.maximum(0, np.stack([value - low, high - value]))
    axes.errorbar(
        value,
        place,
        xerr=reach,
        fmt=fmt,
        label=label,
        color=color,
        elinewidth=1.2,
        capsize=2,
        markersize=4.5,
        markerfacecolor="white",
    )
