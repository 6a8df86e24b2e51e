"""The leaderboard as tables for people: Markdown for reading, LaTeX for a paper."""

from collections.abc import Sequence

import pandas as pd

from harness.board import CELL, main_rows
from harness.matrix import average_ranks, common_part, score_matrix
from harness.report import as_rows, escape, markdown_table, number, with_interval
from harness.schema import COLUMNS

INTRODUCTION = """\
Spearman's ρ of score and trained result, with the sign of each proxy's declared direction: 1 is the perfect order.
Made by `make leaderboard` from the published runs; [columns.md](columns.md) says what `leaderboard.csv` holds. Brackets
hold bootstrap intervals.

A cell shows the largest sample on which more than half as many proxies were run as on any; an empty one was not run, or
has no ranking. Average ranks are taken over the {tasks} columns that at least two thirds of the proxies have (the
others have their names in brackets), and only among proxies without an empty cell there."""


def markdown(board: pd.DataFrame) -> str:
    """Return the whole leaderboard as Markdown: proxies × tasks, then a table for each set of conditions."""
    matrix = ranked_matrix(board)
    counted = common_part(matrix).columns
    names = {column: " / ".join(map(str, column)) for column in matrix.columns}
    header = ["proxy", *(name if column in counted else f"({name})" for column, name in names.items()), "average rank"]
    rows = [
        [str(proxy), *(number(value, 2) for value in (*values, rank))]
        for proxy, values, rank in zip(matrix.index, matrix.to_numpy(), average_ranks(matrix), strict=True)
    ]
    sections = ["# Leaderboard", INTRODUCTION.format(tasks=len(counted)), markdown_table(header, rows)]
    for _, rows_alike in board.groupby([*CELL, "conditions"], sort=True):
        sections += [*_conditions(rows_alike), markdown_table(*_table(rows_alike))]
    return "\n\n".join(sections) + "\n"


def latex(board: pd.DataFrame) -> str:
    """Return proxies × tasks as a LaTeX table, best average rank first; it needs the package booktabs."""
    matrix = ranked_matrix(board).rename(index=_one_line, columns=_one_line).rename_axis(None)
    matrix.columns = matrix.columns.set_names([None] * len(CELL))
    styled = matrix.style.format(lambda value: f"{value:.2f}".replace("-", "$-$"), na_rep="--")
    for axis in (0, 1):
        styled = styled.format_index(escape="latex", axis=axis)
    return styled.to_latex(hrules=True, multicol_align="c", column_format="l" + "r" * matrix.shape[1])


def columns() -> str:
    """Return what the columns of the leaderboard mean, as Markdown."""
    kinds = {"i": "whole number", "f": "number"}
    rows = [
        [name, kinds.get(column.dtype.type.kind, "text"), str(column.description)] for name, column in COLUMNS.items()
    ]
    return "# Columns of leaderboard.csv\n\n" + markdown_table(["column", "kind", "meaning"], rows, align=":--") + "\n"


def ranked_matrix(board: pd.DataFrame) -> pd.DataFrame:
    """Return ρ of proxies × (space, task, target), the best average rank first."""
    matrix = score_matrix(main_rows(board))
    return matrix.loc[average_ranks(matrix).index]


def _conditions(rows: pd.DataFrame) -> Sequence[str]:
    first = rows.iloc[0]
    told = (
        f"{first['n']} of {first['population']} architectures (seed {first['sample_seed']}); {first['inputs_source']}; "
        f"init {first['init']}, {first['init_repeats']} repeat(s); network {first['network']}; "
        f"trained results: {first['truth_source']}; conditions {first['conditions']}"
    )
    notes = [f"> **Note:** {escape(first['caveats'])}"] if first["caveats"] else []
    return [f"## {escape(' / '.join(first[CELL]))}", escape(told), *notes]


def _table(rows: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    header = ["proxy", "ρ", "τ-b", "ρ in the best 20 %", "gain over params", "failed", "s/architecture"]
    cells = [
        [
            " ".join([row["proxy"], *(row[part] for part in ("formula", "parameters") if row[part] not in ("", "{}"))]),
            with_interval(row, "spearman"),
            with_interval(row, "kendall"),
            number(row["spearman_top20"]),
            with_interval(row, "gain_over_params"),
            str(row["n_failed"]),
            number(row["seconds_per_arch"]),
        ]
        for row in as_rows(rows.sort_values("spearman", ascending=False, kind="stable"))
    ]
    return header, cells


def _one_line(name: str) -> str:
    return " ".join(name.split())
