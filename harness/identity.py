"""Which rows of a leaderboard may be compared, and which are the same measurement: hashes of what can change a number.

Where and when a number was made (commit, versions of Python and torch, time) is told beside it, but is no part of what
it is: the same protocol run twice is one measurement.
"""

import hashlib
import json
from collections.abc import Sequence

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
PROTOCOL = [*CONDITIONS, "proxy", "proxy_version", "parameters"]


def hashes(rows: pd.DataFrame, columns: Sequence[str]) -> "pd.Series[str]":
    """Return for each of ``rows`` twelve hexadecimal digits that are equal where all ``columns`` are."""
    records = rows[list(columns)].to_dict("records")  # values are Python's own there, which JSON writes exactly
    texts = (json.dumps(record, sort_keys=True, ensure_ascii=False) for record in records)
    digests = [hashlib.sha256(text.encode()).hexdigest()[:12] for text in texts]
    return pd.Series(digests, index=rows.index, dtype="str")


def with_hashes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``rows`` with the columns ``conditions`` and ``protocol``."""
    return rows.assign(conditions=hashes(rows, CONDITIONS), protocol=hashes(rows, PROTOCOL))
