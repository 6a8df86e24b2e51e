"""What a row of the leaderboard holds, and the check of leaderboard files, third parties' and older ones alike."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from pandera.errors import SchemaErrors
from pandera.pandas import Check, Column, DataFrameSchema

from harness.errors import HarnessError
from harness.identity import CONDITIONS, PROTOCOL, with_hashes

VERSION = 1
HASHES = {"conditions": CONDITIONS, "protocol": PROTOCOL}
ROUNDING = 1e-9  # by which sums of rounded numbers may leave their range


def text(meaning: str) -> Column:
    """Return a column of text that is never empty."""
    return Column(str, Check.str_length(min_value=1, error="is empty"), description=meaning)


def remark(meaning: str) -> Column:
    """Return a column of text that may be empty."""
    return Column(str, description=meaning)


def choice(meaning: str, *options: str) -> Column:
    """Return a column of one of ``options``; the empty one stands for "not known"."""
    named = " or ".join(f"'{option}'" for option in options)
    return Column(str, Check.isin(options, error=f"is not {named}"), description=meaning)


def settings(meaning: str) -> Column:
    """Return a column of JSON objects."""
    return Column(str, Check(_is_object, element_wise=True, error="is no JSON object"), description=meaning)


def _is_object(cell: str) -> bool:
    try:
        return isinstance(json.loads(cell), dict)
    except ValueError:
        return False


def count(meaning: str, least: int = 0) -> Column:
    """Return a column of whole numbers of at least ``least``."""
    return Column(int, Check.ge(least, error=f"is below {least}"), coerce=True, description=meaning)


def seed(meaning: str) -> Column:
    """Return a column of whole numbers."""
    return Column(int, coerce=True, description=meaning)


def real(meaning: str, low: float, high: float = float("inf")) -> Column:
    """Return a column of numbers in ``low``..``high``; an empty cell stands for "undefined"."""
    told = f"is not within {low:g}..{high:g}"
    inside = Check.in_range(low - ROUNDING, high + ROUNDING, include_max=high < float("inf"), error=told)
    return Column(float, inside, nullable=True, coerce=True, description=meaning)


def correlation(meaning: str) -> Column:
    """Return a column of correlations, −1 to 1."""
    return real(meaning, -1, 1)


def with_interval(name: str, meaning: str, low: float = -1, high: float = 1) -> dict[str, Column]:
    """Return the columns of a statistic and of the ends of its bootstrap interval."""
    return {
        name: real(meaning, low, high),
        f"{name}_low": real(f"lower end of the interval of {name}", low, high),
        f"{name}_high": real(f"upper end of the interval of {name}", low, high),
    }


def against(baseline: str) -> dict[str, Column]:
    """Return the columns that compare a proxy with ``baseline``, empty where the run did not score it."""
    return {
        f"spearman_given_{baseline}": correlation(f"partial Spearman correlation given {baseline}"),
        **with_interval(f"gain_over_{baseline}", f"ρ of the proxy less ρ of {baseline}, same architectures", -2, 2),
        f"gain_over_{baseline}_p": real("p value of that gain, paired bootstrap, not corrected", 0, 1),
        f"beats_{baseline}": choice("whether that gain's interval lies above zero", "True", "False", ""),
    }


COLUMNS = {
    "schema_version": Column(int, Check.eq(VERSION), coerce=True, description="version of this table's columns"),
    "space": text("search space"),
    "task": text("task that the networks were trained for"),
    "target": text("which trained result of the task"),
    "proxy": text("name of the proxy"),
    "conditions": remark("hash of what all proxies of a run share: rows that agree in it compare; filled in if empty"),
    "protocol": remark("hash of all that can change the row's numbers; no two rows agree in it; filled in if empty"),
    "n": count("sampled architectures"),
    "n_failed": count("of these, without a score"),
    "coverage": real("share with a score", 0, 1),
    **with_interval("spearman", "Spearman's ρ of score and trained result, failed scores left out"),
    **with_interval("kendall", "Kendall's τ-b, failed scores left out"),
    "spearman_failed_last": correlation("ρ with failed scores ranked last"),
    "kendall_failed_last": correlation("τ-b with failed scores ranked last"),
    "weighted_kendall": correlation("Kendall's τ that weighs swaps among the best most"),
    "spearman_top10": correlation("ρ among the best 10 % by trained result"),
    "spearman_top20": correlation("ρ among the best 20 % by trained result"),
    "precision_at_10": real("share of the ten best by score that are among the ten truly best", 0, 1),
    "regret_at_10": real("what the best of the ten best by score lacks of the best, in the target's unit", 0),
    "ndcg_at_10": real("normalised discounted cumulative gain of the ten best by score", 0, 1),
    **against("params"),
    **against("flops"),
    "seconds_per_arch": real("seconds an architecture, all passes that the proxy reads included", 0),
    "near_upper_bound": real("share of scores above 95 % of the proxy's upper bound, where it has one", 0, 1),
    "failure_reasons": remark("why scores failed, and how often"),
    "higher_is_better": choice("direction of the proxy", "True", "False"),
    "proxy_version": count("version of the proxy, raised when its values can change", 1),
    "formula": remark("what a proxy of the user's own computes from others; empty for a declared one"),
    "parts": settings("proxies that a derived one is computed from, with versions, formulas and parameters, JSON"),
    "parameters": settings("parameters of the proxy, JSON"),
    "network": settings("options of the space's networks, JSON"),
    "truth_source": text("where the trained results come from"),
    "truth_sha256": text("sha256 of the file that holds them"),
    "truth_licence": remark("their licence"),
    "truth_note": remark("what to know about them"),
    "population": count("architectures with a trained result, of which n were drawn", 1),
    "sample_seed": seed("seed of the draw"),
    "merge_isomorphs": choice("whether only one of isomorphic architectures may be drawn", "True", "False"),
    "scores_shared": choice("whether architectures that build the same network share a score", "True", "False"),
    "inputs_name": text("image source that was asked for"),
    "inputs_source": text("the images that were used"),
    "inputs_sha256": text("sha256 of the batch"),
    "batch_size": count("images in the batch", 1),
    "inputs_choice": text("first or random images"),
    "inputs_seed": seed("seed of random images and labels"),
    "init": text("initialisation of the networks"),
    "init_repeats": count("initialisations a network, over which scores are averaged", 1),
    "init_seed": seed("seed from which initialisations derive"),
    "mode": text("mode of the networks"),
    "device": text("kind of device"),
    "dtype": text("floating-point type"),
    "failed": text("how failed scores are ranked"),
    "interval_method": text("method of the intervals"),
    "confidence": real("level of the intervals", 0, 1),
    "resamples": count("bootstrap resamples", 1),
    "python": text("version of Python"),
    "torch": text("version of torch"),
    "zcbench": text("version of this package"),
    "git_commit": text("commit of this package; '+changes' if files differed from it"),
    "caveats": remark("what to know before believing the run's numbers"),
}
SCHEMAS = {1: DataFrameSchema(COLUMNS, strict=True)}

# What the checks that pandera names itself mean to a reader; the others bring their own words as ``error``.
_REASONS = {"int64": "is not a whole number", "float64": "is not a number"}


def read(path: Path) -> pd.DataFrame:
    """Return the leaderboard in the CSV file ``path``, with the columns of the current version.

    Raises HarnessError if it cannot be read, or with a line for each problem, named by row and column.
    """
    return checked(_parsed(path), str(path))


def checked(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return ``table`` with typed columns in the current order; raises HarnessError with a line for each problem.

    Cells are text or numbers; ``name`` says in the error what the table is. Rows are counted as a spreadsheet does:
    row 1 is the header.
    """
    schema = SCHEMAS[_version(table, name)]
    table = table.reset_index(drop=True)
    try:
        typed = schema.validate(table, lazy=True)
    except SchemaErrors as error:
        problems = list(_column_problems(error.failure_cases))
    else:
        typed = _with_missing_hashes(typed)
        problems = list(_row_problems(typed))
    if problems:
        some = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise HarnessError(f"{name} is no valid leaderboard, {some}:\n  " + "\n  ".join(problems))
    return typed[list(COLUMNS)]


def _with_missing_hashes(table: pd.DataFrame) -> pd.DataFrame:
    """Fill empty cells of ``conditions`` and ``protocol``, which whoever writes a leaderboard by hand cannot know."""
    filled = with_hashes(table)
    return table.assign(**{name: table[name].where(table[name] != "", filled[name]) for name in HASHES})


def is_number(column: Column) -> bool:
    """Return whether ``column`` holds numbers, not text."""
    return column.dtype.type.kind in "if"


def _parsed(path: Path) -> pd.DataFrame:
    """Return the cells of a CSV file as text, empty numbers as nan; nothing else is taken for "missing"."""
    numbers = [name for name, column in COLUMNS.items() if is_number(column)]
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, na_values={name: [""] for name in numbers})
    except OSError as error:
        raise HarnessError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise HarnessError(f"{path} is no CSV file in UTF-8: {' '.join(str(error).split())}") from error
    if not isinstance(table.index, pd.RangeIndex):  # pandas takes what the header does not name for an index
        raise HarnessError(f"{path}: the first row has more cells than the header")
    return table


def _version(table: pd.DataFrame, name: str) -> int:
    found = sorted(set(table.get("schema_version", pd.Series(dtype="str")).astype(str)))
    known = ", ".join(map(str, SCHEMAS))
    if len(found) == 1 and found[0] in map(str, SCHEMAS):
        return int(found[0])
    told = f"column schema_version holds {', '.join(map(repr, found))}" if found else "no row has a schema_version"
    raise HarnessError(f"{name} is no leaderboard that this version reads: {told}; known: {known}")


def _column_problems(failures: pd.DataFrame) -> Iterator[str]:
    """Yield what is wrong with whole columns, then with single cells from top to bottom, one line a cell."""
    cells = failures[failures["index"].notna()].drop_duplicates(["index", "column"])
    for failure in failures[failures["index"].isna()].to_dict("records"):
        check, name = str(failure["check"]), failure["failure_case"]
        if check == "column_in_dataframe":
            yield f"column {name} is missing"
        elif check == "column_in_schema":
            yield f"column {name} is unknown"
        elif failure["column"] not in set(cells["column"]):  # else the cells say it better
            yield f"column {failure['column']}: {check}"
    for failure in cells.sort_values("index", kind="stable").to_dict("records"):
        check, value = str(failure["check"]), failure["failure_case"]
        reason = next((words for kind, words in _REASONS.items() if f"'{kind}'" in check), check)
        told = "is empty" if pd.isna(value) or value == "" else f"'{value}' {reason}"
        yield f"row {int(failure['index']) + 2}, column {failure['column']}: {told}"


def _row_problems(table: pd.DataFrame) -> Iterator[str]:
    """Yield where columns contradict each other."""
    for column, told, wrong in _contradictions(table):
        for row in table.index[wrong]:
            yield f"row {row + 2}, column {column}: '{table[column][row]}' {told}"


def _contradictions(table: pd.DataFrame) -> Iterator[tuple[str, str, "pd.Series[bool]"]]:
    """Yield a column, what may be wrong with it, and the rows in which it is."""
    yield "n_failed", "is more than n", table["n_failed"] > table["n"]
    yield "n", "is more than population", table["n"] > table["population"]
    share = 1 - table["n_failed"] / table["n"].where(table["n"] >= table["n_failed"].clip(1))
    yield "coverage", "is not the share of n that did not fail", (table["coverage"] - share).abs() > 1e-5  # six digits
    hashed = with_hashes(table)
    for name, columns in HASHES.items():
        told = f"is not the hash of the columns {', '.join(columns)}; leave it empty to have it filled in"
        yield name, told, table[name] != hashed[name]
    yield "protocol", "occurs in more than one row", table["protocol"].duplicated()
    for name in (name.removesuffix("_low") for name in COLUMNS if name.endswith("_low")):
        yield f"{name}_low", f"is above {name}_high", table[f"{name}_low"] > table[f"{name}_high"]
    for name in (name for name in COLUMNS if name.startswith("beats_")):
        low = table[name.replace("beats_", "gain_over_") + "_low"]
        given = (table[name] != "") & low.notna()
        yield name, "contradicts the interval of the gain", given & ((table[name] == "True") != (low > 0))
