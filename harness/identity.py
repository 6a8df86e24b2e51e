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


def short_hash(content: Any) -> str:
    """Return twelve hexadecimal digits for ``content``, which JSON can write."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def hashes(rows: pd.DataFrame, columns: Sequence[str]) -> "pd.Series[str]":
    """Return for each of ``rows`` a hash that is equal where all ``columns`` are."""
    records = rows[list(columns)].to_dict("records")  # values are Python's own there, which JSON writes exactly
    return pd.Series([short_hash(record) for record in records], index=rows.index, dtype="str")


def with_hashes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``rows`` with the columns ``conditions`` and ``protocol``."""
    return rows.assign(conditions=hashes(rows, CONDITIONS), protocol=hashes(rows, PROTOCOL))
