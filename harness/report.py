"""The written result of one run, for a reader who was not there, and the short one for the screen."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness import literature
from harness.files import write_text
from harness.statistics import holm

Row = Mapping[str, Any]

FURTHER = {
    "weighted_kendall": "weighted τ",
    "spearman_top20": "ρ in the best 20 %",
    "spearman_top10": "ρ in the best 10 %",
    "precision_at_10": "precision@10",
    "regret_at_10": "regret@10",
    "ndcg_at_10": "nDCG@10",
    "near_upper_bound": "share near its upper bound",
    "sd_repeats": "sd of ρ over initialisations",
    "sd_architectures": "sd of ρ over architectures",
}

HOW_TO_READ = """\
ρ is Spearman's and τ-b Kendall's rank correlation of score and trained result, with the sign of the proxy's declared
direction: 1 is the perfect order, 0 none, below 0 an inverted one. Brackets hold {level} bootstrap intervals over
architectures. Weighted τ counts swaps among the best most. *In the best 20 %* looks only at the architectures with
the best trained results. Precision@10 is the share of the ten best by score that are among the ten truly best;
regret@10 is what the best of the ten best by score lacks of the best there is, in the unit of the trained result;
nDCG@10 discounts by position. *Given params* is the partial correlation with the ranks of params held fixed;
*gain over params* is the difference of the two ρ on the same architectures. Where there are several initialisations,
the *sd of ρ* of a single one says how much of the uncertainty is theirs, and how much another sample of architectures
would add."""


def write_report(path: Path, protocol: Mapping[str, Any], correlations: pd.DataFrame) -> None:
    """Write ``path`` (Markdown): the result in plain words, tables, figures, sources and the whole ``protocol``.

    ``correlations`` has one row a proxy, best first, with the columns of `harness.statistics`. Figures are linked
    that lie in the folder ``figures`` beside ``path``: ``correlations.png`` and ``scatter_{proxy}.png``.
    """
    rows = as_rows(correlations)
    level = _level(protocol)
    title = f"Zero-cost proxies on {protocol['space']}, {protocol['task']}/{protocol['target']}"
    sections = [
        f"# {escape(title)}",
        headline(protocol, correlations),
        *caveats(protocol),
        "## Correlation with the trained result",
        markdown_table(*main_table(rows, level)),
        failures(protocol, rows),
        "## Further statistics",
        markdown_table(*further_table(correlations, rows)),
        HOW_TO_READ.format(level=level),
        *beside_the_literature(protocol, correlations),
        *figures(path.parent, [str(row["proxy"]) for row in rows]),
        "## Where the numbers come from",
        sources(protocol),
        "## Protocol",
        markdown_table(["setting", "value"], [list(pair) for pair in flatten(protocol)], align=":--"),
    ]
    write_text(path, "\n\n".join(sections) + "\n")


def print_table(correlations: pd.DataFrame, protocol: Mapping[str, Any]) -> None:
    """Print the main table, best first; without colours and in one line a proxy where there is no terminal."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    header, rows = main_table(as_rows(correlations), _level(protocol))
    title = f"{protocol['space']}, rank correlation with trained {protocol['task']}/{protocol['target']}"
    table = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD)
    for column in header:
        table.add_column(Text(column), justify="left" if column == "proxy" else "right")
    for row in rows:
        table.add_row(*(Text(" ".join(cell.split())) for cell in row))  # Text: a string may hold rich's markup
    console.print(table)
    for caveat in protocol["caveats"]:
        console.print(Text(f"note: {caveat}"))


def headline(protocol: Mapping[str, Any], correlations: pd.DataFrame) -> str:
    """Say in plain words which proxy ranks best, how sure that is, and which beat the simple counts."""
    defined = [row for row in as_rows(correlations) if not pd.isna(row["spearman"])]
    if not defined:
        return "**No proxy gave a ranking:** every correlation is undefined."
    best = max(defined, key=lambda row: row["spearman"])
    sentences = [
        f"**{escape(str(best['proxy']))} ranks best of {len(correlations)}**: over {best['n'] - best['n_failed']} "
        f"architectures of {escape(str(protocol['space']))} its Spearman correlation with the trained "
        f"result is {with_interval(best, 'spearman')} ({_level(protocol)} interval)."
    ]
    alpha, resamples = 1 - protocol["interval"]["confidence"], protocol["interval"]["resamples"]
    for column in correlations.columns:
        if column.startswith("beats_"):
            baseline = column.removeprefix("beats_")
            others = correlations[correlations["proxy"] != baseline]
            p_values = holm(others[f"gain_over_{baseline}_p"].to_numpy(dtype=float))
            better = others["proxy"][(p_values < alpha) & (others[f"gain_over_{baseline}"] > 0)]
            names = ", ".join(escape(str(name)) for name in better) or "none"
            sentences.append(f"Better than {escape(baseline)} beyond chance: {names}.")
    if len(sentences) > 1:
        sentences.append(f"(Paired bootstrap, Holm's correction over the proxies, level {alpha:.2g}.)")
        if 2 * (len(correlations) - 1) >= alpha * (resamples + 1):  # the least p value is 2 / (resamples + 1)
            sentences.append(f"{resamples} resamples can tell nothing of so many proxies: raise stats.resamples.")
    return " ".join(sentences)


def caveats(protocol: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a reader must know before believing the numbers, each as a quotation."""
    for caveat in protocol["caveats"]:
        yield f"> **Note:** {escape(caveat)}"


def main_table(rows: Sequence[Row], level: str) -> tuple[list[str], list[list[str]]]:
    """Return header and cells of the table that report and screen share."""
    header = ["proxy", f"ρ [{level}]", f"τ-b [{level}]", "n", "failed", "s/architecture"]
    cells = [
        [
            str(row["proxy"]),
            with_interval(row, "spearman"),
            with_interval(row, "kendall"),
            str(row["n"]),
            str(row["n_failed"]),
            number(row["seconds_per_arch"]),
        ]
        for row in rows
    ]
    return header, cells


def further_table(correlations: pd.DataFrame, rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Return header and cells of what the main table leaves out."""
    plain = {
        name: title for name, title in FURTHER.items() if name in correlations and correlations[name].notna().any()
    }
    baselines = [name.removeprefix("beats_") for name in correlations.columns if name.startswith("beats_")]
    header = ["proxy", *plain.values()]
    for baseline in baselines:
        header += [f"ρ given {baseline}", f"gain over {baseline}"]
    cells = []
    for row in rows:
        line = [str(row["proxy"]), *(number(row[name]) for name in plain)]
        for baseline in baselines:
            line += [number(row[f"spearman_given_{baseline}"]), with_interval(row, f"gain_over_{baseline}")]
        cells.append(line)
    return header, cells


def beside_the_literature(protocol: Mapping[str, Any], correlations: pd.DataFrame) -> Iterator[str]:
    """Yield the section that compares with what papers have published for this space and task, if any has."""
    pairs = literature.compare(correlations.assign(space=protocol["space"], task=protocol["task"]))
    if pairs.empty:
        return
    parts = [f"published_{part}" for part in ("source", "place", "note")]
    header = ["proxy", "statistic", "ours", "published", "difference", "in our interval", "target", "n", "source"]
    cells = [
        [
            str(pair["proxy"]),
            str(pair["published_statistic"]),
            f"{number(pair['ours'])} [{number(pair['low'])}, {number(pair['high'])}]",
            number(pair["published_value"]),
            number(pair["difference"]),
            {True: "yes", False: "no"}.get(pair["covered"], "–"),
            str(pair["published_target"]) or "not stated",
            "not stated" if pd.isna(pair["published_n"]) else f"{pair['published_n']:.0f}",
            "; ".join(str(pair[part]) for part in parts if pair[part]),
        ]
        for pair in as_rows(pairs)
    ]
    yield "## Beside the literature"
    yield (
        f"Ours is on {escape(protocol['target'])}; the papers' architectures, images and initialisations differ from "
        "those of this run, and sometimes the trained result. *Target* and *n* are theirs."
    )
    yield markdown_table(header, cells)


def failures(protocol: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """Say which scores failed and what ranking them last would change."""
    failed = [row for row in rows if row["n_failed"]]
    if not failed:
        return "No score failed."
    lines = [f"Failed scores: {escape(str(protocol['failed']))}.", ""]
    for row in failed:
        lines.append(
            f"- {escape(str(row['proxy']))}: {row['n_failed']} of {row['n']} failed; "
            f"ρ {number(row['spearman'])} without them, {number(row['spearman_failed_last'])} with them ranked last; "
            f"τ-b {number(row['kendall'])} and {number(row['kendall_failed_last'])}. "
            f"Why: {escape(str(row['failure_reasons']))}."
        )
    return "\n".join(lines)


def figures(folder: Path, proxies: Sequence[str]) -> Iterator[str]:
    """Yield the section of the figures that lie in ``folder/figures``, if there are any."""
    names = {"correlations": "all proxies", **{f"scatter_{proxy}": proxy for proxy in proxies}}
    found = {name: caption for name, caption in names.items() if (folder / "figures" / f"{name}.png").is_file()}
    if found:
        yield "## Figures"
    for name, caption in found.items():
        yield f"![{escape(caption)}](figures/{quote(name)}.png)"


def sources(protocol: Mapping[str, Any]) -> str:
    """Say where trained results and images come from, under which terms, and what to know about them."""
    lines = []
    for what, entry in (("Trained results", protocol["truth"]), ("Images", protocol["inputs"])):
        told = [str(entry[key]) for key in ("source", "licence", "note") if entry.get(key)]
        lines.append(f"- {what}: {escape('; '.join(told))}")
    return "\n".join(lines)


def flatten(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted name, value) of every entry of nested ``settings``, as text; a new entry simply appears."""
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value:
            yield f"{prefix}{name}", " ".join(map(str, value))
        elif value is None or value in ("", {}, []):
            yield f"{prefix}{name}", "–"
        else:
            yield f"{prefix}{name}", str(value)


def escape(text: str) -> str:
    """Return ``text`` such that Markdown and HTML show it as it is, in one line."""
    one_line = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\`*|~\[\]]|\b_\B|\B_\b)", r"\\\1", one_line)


def number(value: float, decimals: int = 3) -> str:
    """Return ``value`` with so many ``decimals``, never "−0", and a dash where it is undefined."""
    return "–" if pd.isna(value) else f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def with_interval(row: Row, name: str) -> str:
    """Return the statistic ``name`` of ``row``, with its interval if it is defined."""
    if pd.isna(row[name]):
        return number(row[name])
    return f"{number(row[name])} [{number(row[f'{name}_low'])}, {number(row[f'{name}_high'])}]"


def _level(protocol: Mapping[str, Any]) -> str:
    return f"{100 * protocol['interval']['confidence']:g} %"


def as_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of ``table``, each by the names of the columns."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], align: str = "--:") -> str:
    """Return a table whose columns but the first are aligned as ``align`` says (``--:`` is right)."""
    lines = [header, [":--"] + [align] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(map(escape, line)) + " |" for line in lines)
