"""Which rows of a leaderboard may be compared, and which are the same measurement: hashes of what can change a number.

Where and when a number was made (commit, versions of Python and torch, time) is told beside it, but is no part of what
it is: the same protocol run twice is one measurement.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

# What all proxies of one run share: rows that agree in these may be compared with each other.
CONDITIONS = [
    "space",
    "network",
    "task",
    "target",
    "truth_sha256",
    "n",
    "population",
    "sample_seed",
    "merge_isomorphs",
    "scores_shared",
    "inputs_sha256",
    "batch_size",
    "init",
    "init_repeats",
    "init_seed",
    "mode",
    "device",
    "dtype",
    "failed",
    "interval_method",
    "confidence",
    "resamples",
]
# With what the proxy itself adds: rows that agree in these are the same measurement.
PROTOCOL = [*CONDITIONS, "proxy", "proxy_version", "formula", "parts", "parameters"]


def as_json(content: Any) -> str:
    """Return ``content`` as JSON, the same text for the same content."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False)


def short_hash(content: Any) -> str:
    """Return twelve hexadecimal digits for ``content``, which JSON can write."""
    return hashlib.sha256(as_json(content).encode()).hexdigest()[:12]


def hashes(rows: pd.DataFrame, columns: Sequence[str]) -> "pd.Series[str]":
    """Return for each of ``rows`` a hash that is equal where all ``columns`` are."""
    numbers = {name: rows[name].map(as_written) for name in columns if rows[name].dtype.kind == "f"}
    records = rows[list(columns)].assign(**numbers).to_dict("records")  # Python's own values, which JSON writes exactly
    return pd.Series([short_hash(record) for record in records], index=rows.index, dtype="str")


def as_written(value: float) -> float:
    """Return ``value`` as a leaderboard holds it, with six digits."""
    return float(f"{value:.6g}")


def with_hashes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``rows`` with the columns ``conditions`` and ``protocol``."""
    return rows.assign(conditions=hashes(rows, CONDITIONS), protocol=hashes(rows, PROTOCOL))
