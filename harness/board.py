"""The leaderboard: rows of any number of runs and files, one a measurement, never an average of several."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from harness.errors import HarnessError
from harness.identity import as_json, with_hashes
from harness.schema import COLUMNS, VERSION, against, checked, is_number, read

FILES = ("protocol.json", "correlations.csv", "values.csv")  # what a leaderboard and its page need of a run
CELL = ["space", "task", "target"]  # a column of the score matrix
VARIANT = ["formula", "parts", "parameters"]  # of one proxy and version
ORDER = [*CELL, "conditions", "proxy", "proxy_version", *VARIANT]
# What may differ between two runs of one protocol: how long it took, where and when it was done, words about sources.
_CIRCUMSTANCES = {"seconds_per_arch", "failure_reasons", "inputs_name", "inputs_source", "inputs_choice", "inputs_seed"}
_CIRCUMSTANCES |= {"truth_source", "truth_licence", "truth_note", "caveats", "python", "torch", "zcbench", "git_commit"}


def gather(sources: Iterable[Path]) -> pd.DataFrame:
    """Return the leaderboard of all ``sources``; see `tables` and `merge`."""
    return merge(tables(sources))


def gather_existing(sources: Iterable[Path]) -> pd.DataFrame | None:
    """Return the leaderboard of those ``sources`` that exist, or nothing if none does."""
    existing = [source for source in sources if source.exists()]
    return gather(existing) if existing else None


def tables(sources: Iterable[Path]) -> dict[str, pd.DataFrame]:
    """Return leaderboards by where they come from: CSV files, and folders with runs and CSV files at any depth.

    Raises HarnessError for a source with nothing in it, and for a damaged or invalid one.
    """
    found: dict[str, pd.DataFrame] = {}
    for source in sources:
        files = [source] if source.suffix.lower() == ".csv" else leaderboards(source)
        inside = {
            **{str(run): rows_of_run(run) for run in run_folders(source)},
            **{str(file): read(file) for file in files},
        }
        if not inside:
            raise HarnessError(f"{source} holds no results: no protocol.json of a run and no leaderboard at any depth")
        found |= inside
    return found


def run_folders(folder: Path) -> list[Path]:
    """Return the folders below ``folder`` that a finished run wrote, sorted."""
    return sorted(protocol.parent for protocol in folder.rglob("protocol.json"))


def leaderboards(folder: Path) -> list[Path]:
    """Return the CSV files below ``folder`` that are not part of a run, sorted."""
    return sorted(file for file in folder.rglob("*.[cC][sS][vV]") if not (file.parent / "protocol.json").exists())


def rows_of_run(run: Path) -> pd.DataFrame:
    """Return the rows of the leaderboard that the results in the folder ``run`` are.

    Raises HarnessError if a file is missing or damaged, or was written by an older version of this package.
    """
    protocol, rows = read_protocol(run), read_table(run / "correlations.csv")
    for absent in {**against("params"), **against("flops")}.keys() - set(rows):  # the run did not score the baseline
        rows[absent] = None
    try:
        rows = rows.assign(**_shared(protocol))
        rows["proxy_version"] = [protocol["proxies"][name] for name in rows["proxy"]]
        rows["formula"] = [protocol["derived"].get(name, "") for name in rows["proxy"]]
        for column in ("parts", "parameters"):
            rows[column] = [as_json(protocol[column].get(name, {})) for name in rows["proxy"]]
        rows = rows[[name for name in COLUMNS if name not in ("conditions", "protocol")]]
        mixed = set(rows["proxy"]) != set(protocol["proxies"]) or (rows["n"] != protocol["sample"]["size"]).any()
    except (KeyError, TypeError, AttributeError) as error:
        told = f"{run}: protocol.json and correlations.csv do not hold what they should ({error})"
        raise HarnessError(f"{told}; repeat the run, its scores are kept") from error
    if mixed:
        raise HarnessError(f"{run}: protocol.json and correlations.csv are of different runs; repeat the run")
    words = [name for name in COLUMNS if name in rows and not is_number(COLUMNS[name])]
    rows[words] = rows[words].astype("str").where(rows[words].notna(), "")
    for remark in ("failure_reasons", "truth_note", "caveats"):
        rows[remark] = rows[remark].str.split().str.join(" ").astype("str")
    return checked(with_hashes(rows), str(run))


@dataclass(frozen=True)
class Run:
    """A run on disk: its ``rows`` of the leaderboard, and what they are made of.

    ``values`` has by architecture the scores, a column a proxy, nan where scoring failed, and the column ``truth``.
    """

    rows: pd.DataFrame
    values: pd.DataFrame


def load_run(run: Path) -> Run:
    """Return the run in the folder ``run``; raises HarnessError if a file is missing, damaged, or of another run."""
    rows, values = rows_of_run(run), read_table(run / "values.csv")
    wanted = {"architecture", "truth", *rows["proxy"]}
    if not wanted <= set(values) or len(values) != rows["n"].iloc[0]:
        raise HarnessError(f"{run}: values.csv and correlations.csv are of different runs; repeat the run")
    values = values.set_index("architecture")
    words = [name for name in values if not is_numeric_dtype(values[name]) and values[name].notna().any()]
    if words or values["truth"].isna().any() or not values.index.is_unique:
        raise HarnessError(
            f"{run}/values.csv must hold numbers, and each architecture once with a trained result; repeat the run"
        )
    return Run(rows, values.astype(float))


def load_runs(sources: Iterable[Path]) -> list[Run]:
    """Return the runs in the folders ``sources``, at any depth; see `load_run`."""
    return [load_run(folder) for source in sources for folder in run_folders(source)]


def read_protocol(run: Path) -> dict[str, Any]:
    """Return the protocol of a run; raises HarnessError if it is missing or damaged."""
    path = run / "protocol.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HarnessError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise HarnessError(f"{path} is damaged ({error}); repeat the run, its scores are kept") from error
    if not isinstance(content, dict):
        raise HarnessError(f"{path} is damaged (no JSON object); repeat the run, its scores are kept")
    return content


def read_table(path: Path) -> pd.DataFrame:
    """Return a CSV file of a run; raises HarnessError if it is missing or damaged."""
    try:
        words = dict.fromkeys((*CELL, "proxy", "architecture", "failure_reasons"), "str")  # also where all are digits
        return pd.read_csv(path, dtype=words, keep_default_na=False, na_values=[""])
    except OSError as error:
        raise HarnessError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        told = " ".join(str(error).split())
        raise HarnessError(f"{path} is damaged ({told}); repeat the run, its scores are kept") from error


def _shared(protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that are the same for all proxies of a run."""
    truth, sample, inputs, init = (protocol[part] for part in ("truth", "sample", "inputs", "init"))
    interval, versions = protocol["interval"], protocol["versions"]
    return {
        "schema_version": VERSION,
        **{name: protocol[name] for name in (*CELL, "mode", "dtype", "failed", "git_commit")},
        "network": as_json(protocol["network"]),
        **{f"truth_{name}": truth[name] for name in ("source", "sha256", "licence", "note")},
        "population": sample["population"],
        "sample_seed": sample["seed"],
        "merge_isomorphs": sample["merge_isomorphs"],
        "scores_shared": sample["scores_shared"],
        **{f"inputs_{name}": inputs[name] for name in ("name", "source", "sha256", "choice", "seed")},
        "batch_size": inputs["batch_size"],
        "init": init["scheme"],
        "init_repeats": init["repeats"],
        "init_seed": init["seed"],
        "device": protocol["device"].split(":")[0],  # which of several alike does not matter
        "interval_method": interval["method"],
        "confidence": interval["confidence"],
        "resamples": interval["resamples"],
        **{name: versions[name] for name in ("python", "torch", "zcbench")},
        "caveats": "; ".join(protocol["caveats"]),
    }


def merge(boards: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return all rows of ``boards``, which are leaderboards by their origin, sorted; one row a protocol.

    Where several have one protocol, their numbers must be the same as written, with six digits. The row with the
    fewest empty cells stands, and of these one that was made from committed code, then the first by commit and time
    taken, so that the order of the origins does not matter. Raises HarnessError, naming both origins, where numbers
    differ: either is wrong, or the code changed without a new version of the proxy.
    """
    rows = pd.concat([table.assign(origin=origin) for origin, table in boards.items()], ignore_index=True)
    for _, same in rows[rows["protocol"].duplicated(keep=False)].groupby("protocol"):
        _check_agreement(same)
    rank = pd.DataFrame(
        {
            "empty": (rows.isna() | (rows == "")).sum(axis=1),
            "uncommitted": rows["git_commit"].str.endswith("+changes") | (rows["git_commit"] == "unknown"),
            **{name: rows[name] for name in ("git_commit", "seconds_per_arch", "origin")},
        }
    )
    best_first = rows.loc[rank.sort_values(list(rank.columns), kind="stable").index]
    standing = best_first.drop_duplicates("protocol").sort_values(ORDER, ignore_index=True)
    return standing[list(COLUMNS)]


def _check_agreement(same: pd.DataFrame) -> None:
    """Raise HarnessError if rows of one protocol hold different numbers; an empty cell contradicts nothing."""
    first = same.iloc[0]
    for column in (name for name in COLUMNS if name not in _CIRCUMSTANCES):
        written = same[column].map(lambda value: f"{value:.6g}" if isinstance(value, float) else str(value))
        known = written[same[column].notna() & (written != "")]
        if known.nunique() > 1:
            other = known.index[known != known.iloc[0]][0]
            raise HarnessError(
                f"{first['space']}/{first['task']}/{first['target']}, proxy {first['proxy']}, protocol "
                f"{first['protocol']}: {column} is {known.iloc[0]} in {same['origin'][known.index[0]]} and "
                f"{known[other]} in {same['origin'][other]}; delete the wrong one, or raise the proxy's version "
                "if the code changed"
            )


def main_rows(board: pd.DataFrame) -> pd.DataFrame:
    """Return at most one row for each proxy and (space, task, target), all of a cell under the same conditions.

    Of the conditions with more than half as many proxies as the most have, these are the ones with the largest n: a
    large sample of two proxies does not hide all others, nor do many proxies on ten networks. A proxy shows its latest
    version, and of several formulas, parts or parameters the first by text. The other rows stay in the leaderboard.
    """
    sizes = board.groupby([*CELL, "conditions"], as_index=False).agg(proxies=("proxy", "nunique"), n=("n", "first"))
    sizes = sizes[2 * sizes["proxies"] > sizes.groupby(CELL)["proxies"].transform("max")]
    order = sizes.sort_values([*CELL, "n", "proxies", "conditions"], ascending=[True] * 3 + [False, False, True])
    chosen = board[board["conditions"].isin(order.drop_duplicates(CELL)["conditions"])]
    latest = chosen.sort_values(VARIANT).sort_values("proxy_version", ascending=False, kind="stable")
    return latest.drop_duplicates([*CELL, "proxy"]).sort_values([*CELL, "proxy"], ignore_index=True)
