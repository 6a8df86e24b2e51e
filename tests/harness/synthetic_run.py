"""Runs as `harness.outcome` leaves them, without any scoring: known correlations, names as the test wants them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from harness.bootstrap import Resampling
from harness.statistics import compare, summarise

PROXIES = ("swap", "params", "flops", "zen")


def write_run(
    folder: Path,
    space: str = "nb201",
    task: str = "cifar10",
    target: str = "valid",
    proxies: tuple[str, ...] = PROXIES,
    n: int = 40,
    resamples: int = 20,
    failed: int = 2,
    **changes,
) -> Path:
    """Write a run of n architectures in which the i-th of ``proxies`` has the noise i; the last one fails sometimes.

    ``changes`` replace top-level entries of the protocol.
    """
    folder.mkdir(parents=True)
    draw = np.random.default_rng(len(space + task))
    truth = draw.normal(size=n)
    values = {name: truth + place * draw.normal(size=n) for place, name in enumerate(proxies)}
    values[proxies[-1]][:failed] = np.nan
    stats = {"higher_is_better": True, "how": Resampling(resamples)}
    baselines = {name: values[name] for name in ("params", "flops") if name in values}
    rows = [
        {
            "space": space,
            "task": task,
            "target": target,
            "proxy": name,
            "higher_is_better": True,
            **summarise(scores, truth, **stats),
            "seconds_per_arch": 0.01 * (place + 1),
            "near_upper_bound": np.nan,
            "failure_reasons": f"{failed} × degenerate: all outputs\nare equal" if np.isnan(scores).any() else "",
            **compare(scores, truth, baselines, **stats),
        }
        for place, (name, scores) in enumerate(values.items())
    ]
    protocol = {
        "space": space,
        "network": {"cells": 5},
        "task": task,
        "target": target,
        "truth": {"source": f"{space}.csv", "sha256": "ab" * 32, "licence": "MIT", "note": ""},
        "sample": {"size": n, "seed": 0, "merge_isomorphs": False, "population": 1000, "scores_shared": True},
        "inputs": {
            "name": "task",
            "source": "the first 16 images",
            "batch_size": 16,
            "choice": "first",
            "seed": 0,
            "sha256": "cd" * 32,
        },
        "init": {"scheme": "default", "repeats": 1, "seed": 0},
        "mode": "train",
        "device": "cpu",
        "dtype": "float32",
        "proxies": dict.fromkeys(proxies, 1),
        "derived": {},
        "parts": {},
        "parameters": {},
        "failed": "left out",
        "interval": {"method": "percentile bootstrap", "confidence": 0.95, "resamples": resamples},
        "versions": {"python": "3.11.7", "torch": "2.13.0", "zcbench": "0.1.0"},
        "git_commit": "0" * 40,
        "caveats": ["the images are synthetic"],
        **changes,
    }
    table = pd.DataFrame(rows).sort_values("spearman", ascending=False)
    table.to_csv(folder / "correlations.csv", index=False)
    architectures = pd.Index([f"{space} {number}" for number in range(n)], name="architecture")
    pd.DataFrame({**values, "truth": truth}, index=architectures).to_csv(folder / "values.csv")
    (folder / "protocol.json").write_text(json.dumps(protocol))
    return folder
