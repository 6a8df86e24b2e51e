"""What each proxy costs in each search space."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.errors import BenchmarkError
from benchmarks.space import sample
from harness.bench.cases import SUITE, noise_setting
from harness.bench.row import Row
from harness.config import DEFAULT_DATA
from harness.plugins import SPACES
from harness.scoring import Item, score_item
from proxies.errors import ProxyError
from proxies.evaluation import measured_proxies

NETWORKS = 2


def space_rows(_: int) -> Iterator[Row]:
    """Yield the mean seconds of two random networks for each proxy in each space, with the defaults of the space.

    To each proxy all is counted that it rests on, also passes that it shares with others. Proxies that fail, and a
    space without a table of trained networks, from which to draw, are left out.
    """
    data = Path(os.environ.get("ZCBENCH_DATA", DEFAULT_DATA))
    names = tuple(proxy.name for proxy in measured_proxies([*SUITE, "te_nas"]))
    for name in sorted(SPACES):
        try:
            space = SPACES[name]()
            chosen = sample(space.truth(data).table.index, NETWORKS, seed=0)
        except (BenchmarkError, ProxyError, TypeError) as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        setting = noise_setting(space)
        score_item(setting, Item(chosen[0], 0, ("swap", "snip")))  # the first passes of a shape are slower
        rows = pd.DataFrame([row for each in chosen for row in score_item(setting, Item(each, 0, names))])
        scored = rows[rows["status"] == "ok"]
        for proxy, seconds in scored.groupby("proxy", sort=False)["seconds"].mean().items():
            yield Row(f"{proxy} in {space.name}", "seconds per architecture", float(seconds))
