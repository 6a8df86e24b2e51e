"""Correlations that papers have published, beside the ones measured here."""

from functools import cache
from pathlib import Path

import pandas as pd

PUBLISHED = Path(__file__).with_name("literature.csv")


@cache
def published() -> pd.DataFrame:
    """Return the published correlations, one a row, with the names that proxies, spaces and tasks have here.

    Columns: source, arxiv, place (figure or table), name (of the proxy in the paper), proxy, space, task,
    target (empty: not stated), statistic (spearman or kendall), value, n (architectures), batch_size, note.
    """
    words = dict.fromkeys(("arxiv", "place", "target", "note"), "str")
    return pd.read_csv(PUBLISHED, dtype=words, keep_default_na=False, na_values={"n": [""], "batch_size": [""]})


def compare(measured: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each published value of a proxy, space and task that ``measured`` holds.

    ``measured`` has the columns space, task, target, proxy, spearman and kendall with ``_low`` and ``_high``; its
    other columns are kept. Added are ``ours``, ``low`` and ``high`` (the statistic that was published, as measured
    here), ``difference`` (ours less theirs), ``covered`` (whether our interval holds their value; None where we have
    none), and the columns of `published` with ``published_`` before them. The trained results need not be the same:
    the targets stand in ``target`` and ``published_target``.
    """
    keys = ["space", "task", "proxy"]
    theirs = published().rename(columns=lambda name: name if name in keys else f"published_{name}")
    pairs = theirs.merge(measured, on=keys)
    is_spearman = pairs["published_statistic"] == "spearman"
    for ours, suffix in (("ours", ""), ("low", "_low"), ("high", "_high")):
        pairs[ours] = pairs[f"spearman{suffix}"].where(is_spearman, pairs[f"kendall{suffix}"])
    value = pairs["published_value"]
    covered = (pairs["low"] <= value) & (value <= pairs["high"])
    return pairs.assign(
        difference=pairs["ours"] - value, covered=covered.astype(object).where(pairs["low"].notna(), None)
    )
